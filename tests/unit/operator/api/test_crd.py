"""The resource as it is committed: generated, described, bounded; and its columns show what is there."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from lsml_operator.api.crd import COLUMNS, as_yaml, custom_resource_definition
from lsml_operator.api.status import Goodput
from lsml_operator.decide import decide
from unit.operator.builders import SETTINGS, a_pod, a_progress, a_report, a_status, a_worker, a_world, ago

REPOSITORY = Path(__file__).parents[4]
NAME = "trainingjobs.lsml.dev.yaml"

Schema = dict[str, Any]

(VERSION,) = custom_resource_definition()["spec"]["versions"]
ROOT: Schema = VERSION["schema"]["openAPIV3Schema"]


def nodes(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Every schema below this one, with its path."""
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from nodes(inner, f"{path}.{name}")
    for word, sign in (("items", "[]"), ("additionalProperties", "{}")):
        if isinstance(schema.get(word), dict):
            yield from nodes(schema[word], path + sign)


def at(path: str) -> Schema:
    """The schema at a path of a column or a subresource."""
    found = ROOT
    for name in path.removeprefix(".").split("."):
        found = found["properties"][name]
    return found


@pytest.fixture(scope="module")
def generated() -> str:
    """The file as it should be."""
    return as_yaml()


@pytest.mark.parametrize("folder", ["manifests/crd", "helm/lsml/crd"])
def test_what_is_committed_is_what_is_generated(folder: str, generated: str) -> None:
    assert (REPOSITORY / folder / NAME).read_text() == generated, "run `make generate`"


def test_the_yaml_is_the_resource(generated: str) -> None:
    assert yaml.load(generated, yaml.CSafeLoader) == custom_resource_definition()


def test_every_property_is_described() -> None:
    """For kubectl explain; those of core/v1 metadata are Kubernetes' own."""
    silent = [
        path
        for path, schema in nodes(ROOT)
        if not schema.get("description") and path not in (".metadata",) and not path.endswith(("[]", "{}"))
    ]
    assert silent == []


def is_bounded(schema: Schema) -> bool:
    """Whether no value of it can be of any length."""
    if "enum" in schema or schema.get("x-kubernetes-int-or-string") or "anyOf" in schema:
        return True  # words; quantities, whose form is a pattern; and unions, which have a test of their own
    if "pattern" in schema and not set("*+") & set(schema["pattern"]):
        return True  # it says how often
    limits = {"string": "maxLength", "array": "maxItems"}
    if schema.get("type") == "object":
        return "properties" in schema or "maxProperties" in schema
    return schema.get("type") not in limits or limits[schema["type"]] in schema


@pytest.mark.parametrize("part", ["spec", "status"])
def test_every_text_list_and_map_is_bounded(part: str) -> None:
    """FAULTS 29; and the API server refuses rules over what has no bounds, since they might cost too much."""
    endless = [path for path, schema in nodes(ROOT["properties"][part], part) if not is_bounded(schema)]
    assert endless == []


def test_it_is_structural() -> None:
    """No words that the API server does not take."""
    strange = {"$ref", "$defs", "title", "const", "oneOf", "allOf", "patternProperties", "propertyNames"}
    assert [path for path, schema in nodes(ROOT) if strange & set(schema)] == []
    assert [path for path, schema in nodes(ROOT) if schema.get("additionalProperties") is False] == []
    untyped = [path for path, schema in nodes(ROOT) if "type" not in schema and "anyOf" not in schema]
    assert untyped == []


def test_every_rule_says_a_sentence() -> None:
    rules = [rule for _, schema in nodes(ROOT) for rule in schema.get("x-kubernetes-validations", [])]
    assert len(rules) > 10
    assert all(rule["message"] and len(rule["message"]) < 2048 for rule in rules)


# What kubectl shows

SHOWN = [(path, type_) for _, type_, path, _, _ in COLUMNS if not path.startswith(".metadata.")]


@pytest.mark.parametrize(("path", "type_"), SHOWN)
def test_every_column_is_a_field(path: str, type_: str) -> None:
    assert at(path)["type"] == type_


@pytest.mark.parametrize(("path", "type_"), SHOWN)
def test_every_column_has_a_value_once_the_job_runs(path: str, type_: str) -> None:
    value: Any = {"status": a_running_status()}
    for name in path.removeprefix(".").split("."):
        value = value[name]
    assert isinstance(value, {"string": str, "integer": int}[type_])


def a_running_status() -> Schema:
    report = a_report(progress=a_progress(estimated_seconds_remaining=130))
    stored = a_status(a_worker(), phase="Running", started_s=60)
    stored = stored.model_copy(update={"goodput": Goodput(productive_seconds=50, updated_at=ago(10))})
    status = decide(a_world(stored, a_pod(), report=report), replace(SETTINGS, prices={"cpu": 1.0})).status
    return status.model_dump(mode="json", by_alias=True, exclude_none=True)


def test_scale_reads_and_writes_fields() -> None:
    scale = VERSION["subresources"]["scale"]
    assert {name: at(path)["type"] for name, path in scale.items()} == {
        "specReplicasPath": "integer",
        "statusReplicasPath": "integer",
        "labelSelectorPath": "string",
    }
    assert at(scale["specReplicasPath"])["default"] == 1, "scale reads it from the object, so it must be there"


def test_status_is_a_subresource() -> None:
    assert VERSION["subresources"]["status"] == {}
