"""The pages that are generated are those that are committed, and say all that there is."""

import re
from pathlib import Path
from typing import Any

import pytest

from lsml_operator.cli import fields
from lsml_operator.cli.fields import type_of
from lsml_operator.cli.reference import pages
from lsml_operator.decide.diagnosis import DIAGNOSES
from lsml_operator.decide.refused import NAMED
from lsml_operator.decide.unschedulable import OBSTACLES
from lsml_operator.view.conditions import CONDITIONS
from lsml_operator.view.remedies import REMEDIES
from monitoring import page as metrics

FOLDER = Path(__file__).parents[4] / "manifests" / "examples"
DECIDE = Path(fields.__file__).parents[1] / "decide"
NOBODY_HAS_TO_DO_ANYTHING = {"Completed", "Running"}


@pytest.mark.parametrize("name", pages())
def test_a_page_is_up_to_date(name: str) -> None:
    assert (FOLDER / name).read_text() == pages()[name], "run `make generate`"


def test_the_page_of_metrics_is_up_to_date() -> None:
    assert metrics.FILE.read_text() == metrics.page(), "run `make generate`"


TYPES: dict[str, tuple[dict[str, Any], str]] = {
    "a bounded number": ({"type": "integer", "minimum": 1, "maximum": 64}, "integer ≥ 1 ≤ 64"),
    "a number above zero": ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, "number > 0"),
    "words": ({"type": "string", "enum": ["l1", "l2"]}, "l1, l2"),
    "a number or a word": ({"anyOf": [{"enum": ["scale"]}, {"minimum": 0, "maxLength": 0}]}, "number ≥ 0 or scale"),
    "a list": ({"type": "array", "items": {"type": "integer", "minimum": 1}}, "list of integer ≥ 1"),
}


@pytest.mark.parametrize(("field", "wanted"), TYPES.values(), ids=TYPES)
def test_a_type_in_words(field: dict[str, Any], wanted: str) -> None:
    assert type_of(field) == wanted


def test_each_condition_that_is_set_is_explained() -> None:
    source = (DECIDE / "describe.py").read_text()
    assert set(re.findall(r'truths(?:\["|: dict\[str, bool\] = \{"| = \{")(\w+)"', source)) == set(CONDITIONS)


def test_what_helps_is_said_of_each_reason() -> None:
    sources = [path.read_text() for path in DECIDE.glob("*.py")]
    reasons = {found for text in sources for found in re.findall(r'Decision\(\s*"\w+",\s*"(\w+)"', text)}
    assert reasons - NOBODY_HAS_TO_DO_ANYTHING <= set(REMEDIES)


def test_what_helps_is_said_of_each_diagnosis() -> None:
    sources = [path.read_text() for path in (DECIDE / "diagnosis").glob("*.py")]
    found = {reason for text in sources for reason in re.findall(r'Diagnosis\(\s*"(\w+)"', text)}
    assert len(found) == len(DIAGNOSES)
    named = {reason for *_, reason, _ in OBSTACLES} | {reason for _, reason in NAMED}
    assert found | named <= set(REMEDIES)
