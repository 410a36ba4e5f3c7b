"""Pydantic models -> structural OpenAPI v3 schemas, as a CustomResourceDefinition wants them.

Knows what the API server accepts (KEP-1027 structural schemas, KEP-2876 CEL rules); knows nothing of TrainingJobs.
"""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from lsml_trainer.spec import Choice, Rule, SpecModel, exactly_one_sentence

Schema = dict[str, Any]

DEFAULT_IN_SCHEMA = "default-in-schema"
"""Marks the few defaults that the API server must write, since the scale subresource reads them from the object."""


def openapi_schema(model: type[BaseModel]) -> Schema:
    """The structural schema of a model: inlined, described, with its rules in CEL."""
    schema = model.model_json_schema(by_alias=True, schema_generator=_WithRules)
    return _structural(schema, schema.pop("$defs", {}))


class _WithRules(GenerateJsonSchema):
    """Adds the rules that a model carries."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        result = super().model_schema(schema)
        cls = schema["cls"]
        if issubclass(cls, SpecModel):
            rules = [_validation(rule) for rule in _rules(cls) if rule.cel]
            if rules:
                result["x-kubernetes-validations"] = rules
        return result


def _rules(cls: type[SpecModel]) -> tuple[Rule, ...]:
    if not issubclass(cls, Choice):
        return cls.RULES
    members = ", ".join(f"has(self.{kind})" for kind in cls.kinds())
    one = Rule(cel=f"[{members}].filter(x, x).size() == 1", message=exactly_one_sentence(cls.kinds()))
    return (one, *cls.RULES)


def _validation(rule: Rule) -> Schema:
    field_path = {"fieldPath": f".{rule.field}"} if rule.field else {}
    return {"rule": rule.cel, "message": rule.message, **field_path}


def _structural(schema: Schema, definitions: Schema) -> Schema:
    """Inline references, drop what OpenAPI v3 in a CRD does not know, translate the rest."""
    if "$ref" in schema:
        target = definitions[schema["$ref"].removeprefix("#/$defs/")]
        return _structural({**target, **{k: v for k, v in schema.items() if k != "$ref"}}, definitions)
    if "anyOf" in schema:
        own = {key: value for key, value in schema.items() if key != "anyOf"}
        branches = [branch for branch in schema["anyOf"] if branch.get("type") != "null"]
        return {**_union(branches, definitions), **_structural(own, definitions)}
    result = {key: value for key, value in schema.items() if key not in _DROPPED}
    if DEFAULT_IN_SCHEMA in schema:
        result["default"] = schema[DEFAULT_IN_SCHEMA]
    if "properties" in result:
        result["properties"] = {name: _structural(value, definitions) for name, value in result["properties"].items()}
    for inner in ("items", "additionalProperties"):
        if isinstance(result.get(inner), dict):
            result[inner] = _structural(result[inner], definitions)
    if "patternProperties" in result:
        result |= _named_values(result.pop("patternProperties"), definitions)
    if result.get("additionalProperties") is False:  # a structural schema prunes, and kubectl refuses, by itself
        del result["additionalProperties"]
    return _in_openapi_3_0(result)


def _named_values(patterns: Schema, definitions: Schema) -> Schema:
    """A map whose keys match a pattern, which a structural schema can only say in CEL."""
    ((pattern, value),) = patterns.items()
    rule = Rule(cel=f"self.all(key, key.matches(r'{pattern}'))", message=f"every name must match {pattern}")
    return {"additionalProperties": _structural(value, definitions), "x-kubernetes-validations": [_validation(rule)]}


def _in_openapi_3_0(schema: Schema) -> Schema:
    """The few words that JSON Schema and OpenAPI 3.0 spell differently."""
    result = dict(schema)
    if "const" in result:
        result["enum"] = [result.pop("const")]
    for bound, flag in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if flag in result:
            result |= {bound: result[flag], flag: True}
    if "description" in result:
        result["description"] = " ".join(result["description"].split())
    return result


def _map_or_word(words: list[str]) -> Schema:
    """One of the words, or an object, whose members a structural schema cannot see behind a choice of types.

    The trainer judges them. Each other type is ruled out as in `_number_or_word`; no number is above 1 and below 0.
    """
    only_maps = {"maxLength": 0, "maxItems": 0, "minimum": 1, "maximum": 0, "minProperties": 1, "maxProperties": 1000}
    no_others = {"not": {"enum": ["", [], True, False]}}
    return {"x-kubernetes-preserve-unknown-fields": True, "anyOf": [{"enum": words}, {**only_maps, **no_others}]}


_DROPPED = ("title", "default", DEFAULT_IN_SCHEMA, "propertyNames")


def _union(branches: list[Schema], definitions: Schema) -> Schema:
    """One branch is itself; int-or-string and number-or-word are the two unions that a resource may hold."""
    if len(branches) == 1:
        return _structural(branches[0], definitions)
    if {branch["type"] for branch in branches} == {"integer", "string"}:
        bounds = {key: _only(branches, key) for key in ("minimum", "pattern")}  # each judges values of its own type
        return {"anyOf": [{"type": "integer"}, {"type": "string"}], **bounds}
    if any(branch["type"] == "object" for branch in branches):
        return _map_or_word([branch["const"] for branch in branches if "const" in branch])
    words = [word for branch in branches for word in branch.get("enum", [branch["const"]] if "const" in branch else [])]
    (number,) = (_structural(branch, definitions) for branch in branches if branch["type"] == "number")
    return _number_or_word({key: value for key, value in number.items() if key != "type"}, words)


def _only(branches: list[Schema], key: str) -> Any:
    (value,) = (branch[key] for branch in branches if key in branch)
    return value


def _number_or_word(bounds: Schema, words: list[str]) -> Schema:
    """A number within bounds, or one of the words.

    A structural schema has no type for that (int-or-string refuses 0.5), so the field is left untyped and each
    other type is ruled out: bounds say nothing of strings, lists and objects, hence the empty lengths, and an empty
    one is forbidden by name.
    """
    only_numbers = {"maxLength": 0, "maxItems": 0, "maxProperties": 0, "not": {"enum": ["", [], {}, True, False]}}
    return {"x-kubernetes-preserve-unknown-fields": True, "anyOf": [{"enum": words}, {**bounds, **only_numbers}]}
