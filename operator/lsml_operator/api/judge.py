"""A TrainingJob judged without an API server, in the API server's words. Pure.

What only a cluster knows (quotas, names that are taken, what an update may change) is left to the dry run of `submit`.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import ValidationError

from lsml_operator.api import API_VERSION, KIND
from lsml_operator.api.crd import NAME_RULE, custom_resource_definition
from lsml_operator.api.structural import mistakes_in, unknown_fields
from lsml_operator.api.training_job import TrainingJobSpec

_NAME = re.compile(r"[a-z]([-a-z0-9]{0,48}[a-z0-9])?")


def judge(document: dict[str, Any]) -> list[str]:
    """One sentence a mistake, as `kubectl apply --dry-run=server` would say it; empty for a job that is right."""
    if (document.get("apiVersion"), document.get("kind")) != (API_VERSION, KIND):
        found = f"{document.get('apiVersion')}, {document.get('kind')}"
        return [f"apiVersion and kind are {found}; {API_VERSION}, {KIND} are expected"]
    schema = _schema()
    document = _without_nulls(document, schema)
    unknown = [f'unknown field "{path}"' for path in unknown_fields(document, schema, "") if path]
    mistakes = [said.removeprefix(".") for said in mistakes_in(document, schema, "")]
    wrong = [_plain(said) for said in (*unknown, *mistakes)]
    # Between fields only a job is judged whose fields are each right; a name is wrong beside anything.
    return [*wrong, *_name_mistakes(document), *(() if wrong else _broken_rules(document))]


@cache
def _schema() -> dict[str, Any]:
    (version,) = custom_resource_definition()["spec"]["versions"]
    schema: dict[str, Any] = version["schema"]["openAPIV3Schema"]
    properties = {name: inner for name, inner in schema["properties"].items() if name != "status"}
    # Metadata is the API server's own; it takes more than is written down here.
    return {**schema, "properties": {**properties, "metadata": {"type": "object"}, "status": {"type": "object"}}}


def _without_nulls(value: Any, schema: dict[str, Any]) -> Any:
    """What is null and may not be counts as not written, as structural schemas have it."""
    if isinstance(value, list):
        return [_without_nulls(item, schema.get("items", {})) for item in value]
    if not isinstance(value, dict):
        return value
    properties = schema.get("properties", {})
    return {
        name: _without_nulls(inner, properties.get(name, {}))
        for name, inner in value.items()
        if inner is not None or name not in properties
    }


def _plain(sentence: str) -> str:
    """Without the dot that a path from the root begins with."""
    return re.sub(r'(^|[\s"])\.(?=[a-z])', r"\1", sentence)


def _name_mistakes(document: dict[str, Any]) -> Iterator[str]:
    metadata = document.get("metadata") or {}
    if not isinstance(metadata, dict):
        return  # it was said already
    if "name" not in metadata and "generateName" not in metadata:
        yield "metadata.name: Required value: name or generateName is required"
    elif not _NAME.fullmatch(str(metadata.get("name", "a"))):
        yield f'Invalid value: "object": {NAME_RULE["message"]}'


def _broken_rules(document: dict[str, Any]) -> Iterator[str]:
    """Only of a job whose fields are each right by themselves: Python judges what is between them last."""
    try:
        TrainingJobSpec.model_validate_json(json.dumps(document["spec"]))
    except ValidationError as error:
        for mistake in error.errors(include_url=False):
            place, message = mistake["loc"], mistake["msg"]
            if place[-1:] == ("[key]",):  # the name of an entry of a map, which is no field
                place, message = place[:-2], f"every name must match {mistake['ctx']['pattern']}"
            yield f'{_path(place)}: Invalid value: "object": {message}'


def _path(place: tuple[int | str, ...]) -> str:
    return "spec" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
