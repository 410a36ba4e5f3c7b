"""A document held against a structural schema, in the words of the API server. Pure; knows nothing of TrainingJobs.

The sentences are those of k8s.io/kube-openapi and of apiextensions-apiserver, so that a mistake reads the same
wherever it is found. CEL rules are not read here: Python has them beside the models.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}
_INT_OR_STRING = "x-kubernetes-int-or-string"


def mistakes_in(value: Any, schema: Schema, path: str) -> Iterator[str]:
    """One sentence a mistake, in the order of the schema; nothing where the API server would take the value."""
    wanted = _wanted_type(schema)
    if wanted and not _is_a(value, wanted):
        found = _type_of(value)
        yield f'{path}: Invalid value: "{found}": {path} in body must be of type {",".join(wanted)}: "{found}"'
        return
    yield from _own_mistakes(value, schema, path)
    if isinstance(value, dict):
        yield from _in_an_object(value, schema, path)
    elif isinstance(value, list):
        yield from _in_a_list(value, schema, path)


def unknown_fields(value: Any, schema: Schema, path: str) -> Iterator[str]:
    """The paths of the fields that the schema does not know; the API server names them before anything else."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from unknown_fields(item, schema.get("items", {}), f"{path}[{index}]")
    elif isinstance(value, dict):
        known = schema.get("properties")
        for name, inner in value.items():
            if known is not None and name not in known:
                yield f"{path}.{name}"
            else:
                below = known[name] if known is not None else schema.get("additionalProperties", {})
                yield from unknown_fields(inner, below, f"{path}.{name}")


def _wanted_type(schema: Schema) -> tuple[str, ...]:
    if schema.get(_INT_OR_STRING):
        return ("integer", "string")
    return (schema["type"],) if "type" in schema else ()


def _is_a(value: Any, types: tuple[str, ...]) -> bool:
    return any(
        isinstance(value, _TYPES[type_]) and (type_ == "boolean" or not isinstance(value, bool)) for type_ in types
    ) or ("integer" in types and isinstance(value, float) and value.is_integer())


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    return next(type_ for type_ in ("boolean", "integer", *_TYPES) if _is_a(value, (type_,)))


def _own_mistakes(value: Any, schema: Schema, path: str) -> Iterator[str]:
    """Of the value itself, whatever it may hold."""
    if schema.get("enum") and value not in schema["enum"]:
        yield f"{path}: {_unsupported(value, schema['enum'])}"
    if "anyOf" in schema and not schema.get(_INT_OR_STRING):
        yield from _other_or_word(value, schema["anyOf"], path)
    if isinstance(value, str):
        yield from _in_a_text(value, schema, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from (f"{path}: Invalid value: {_json(value)}: {path} in body {said}" for said in _bounds(value, schema))


def _other_or_word(value: Any, branches: list[Schema], path: str) -> Iterator[str]:
    """A word, or a number within bounds, or where the other branch asks for members a map that is not empty."""
    words: list[Any] = next(branch["enum"] for branch in branches if "enum" in branch)
    other = next(branch for branch in branches if "enum" not in branch)
    if "minProperties" in other:
        fits = isinstance(value, dict) and other["minProperties"] <= len(value) <= other["maxProperties"]
    else:
        fits = isinstance(value, int | float) and not isinstance(value, bool) and not list(_bounds(value, other))
    if value not in words and not fits:
        yield f'{path}: Invalid value: "": "{path}" must validate at least one schema (anyOf)'
        yield f"{path}: {_unsupported(value, words)}"


def _unsupported(value: Any, words: list[Any]) -> str:
    return f"Unsupported value: {_json(value)}: supported values: {', '.join(map(_json, words))}"


def _bounds(value: float, schema: Schema) -> Iterator[str]:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and (value < low or (value == low and schema.get("exclusiveMinimum"))):
        yield f"should be greater than {'' if schema.get('exclusiveMinimum') else 'or equal to '}{_bound(low, schema)}"
    if high is not None and (value > high or (value == high and schema.get("exclusiveMaximum"))):
        yield f"should be less than {'' if schema.get('exclusiveMaximum') else 'or equal to '}{_bound(high, schema)}"


def _bound(bound: float, schema: Schema) -> str:
    return f"{bound:g}" if schema.get("type") == "number" else str(bound)


def _in_a_text(value: str, schema: Schema, path: str) -> Iterator[str]:
    if "maxLength" in schema and len(value) > schema["maxLength"]:
        yield f"{path}: Too long: may not be more than {schema['maxLength']} bytes"
    if len(value) < schema.get("minLength", 0):
        yield f'{path}: Invalid value: "{value}": {path} in body should be at least {schema["minLength"]} chars long'
    if "pattern" in schema and not re.search(_as_go_reads_it(schema["pattern"]), value):
        yield f"{path}: Invalid value: {_json(value)}: {path} in body should match '{schema['pattern']}'"


def _as_go_reads_it(pattern: str) -> str:
    """Go's $ is the end of the text; Python's also fits before a last newline."""
    return pattern.removesuffix("$") + r"\Z" if pattern.endswith("$") else pattern


def _in_an_object(value: dict[str, Any], schema: Schema, path: str) -> Iterator[str]:
    if "maxProperties" in schema and len(value) > schema["maxProperties"]:
        yield f"{path}: Too many: {len(value)}: must have at most {schema['maxProperties']} items"
    properties = schema.get("properties", {})
    yield from (f"{path}.{name}: Required value" for name in schema.get("required", ()) if name not in value)
    other = schema.get("additionalProperties")
    for name, inner in value.items():
        below = properties.get(name, other)
        if isinstance(below, dict):
            yield from mistakes_in(inner, below, f"{path}.{name}")


def _in_a_list(value: list[Any], schema: Schema, path: str) -> Iterator[str]:
    if "maxItems" in schema and len(value) > schema["maxItems"]:
        yield f"{path}: Too many: {len(value)}: must have at most {schema['maxItems']} items"
    if len(value) < schema.get("minItems", 0):
        least = schema["minItems"]
        yield f"{path}: Invalid value: {len(value)}: {path} in body should have at least {least} items"
    for index, item in enumerate(value):
        yield from mistakes_in(item, schema.get("items", {}), f"{path}[{index}]")
    keys = [_key_of(item, schema) for item in value if isinstance(item, dict)]
    for index, key in enumerate(keys):
        if key and key in keys[:index]:
            yield f"{path}[{index}]: Duplicate value: {_json(key)}"


def _key_of(item: dict[str, Any], schema: Schema) -> dict[str, Any]:
    """What server-side apply knows an item by; empty where nothing does."""
    return {name: item.get(name) for name in schema.get("x-kubernetes-list-map-keys", ())}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
