"""A job that runs says what its worker does."""

from typing import get_args

import pytest

from lsml_operator.decide.running import DOING, running
from lsml_operator.world import Decision
from lsml_trainer.spec.report import Stage
from unit.operator.builders import a_report, a_world

STAGES = get_args(Stage)


def test_before_it_was_asked_it_is_starting() -> None:
    assert running(a_world()) == Decision("Running", "Running", "the worker is starting")


def test_every_stage_has_its_words() -> None:
    assert set(DOING) == set(STAGES)


@pytest.mark.parametrize("stage", STAGES)
def test_running(stage: str) -> None:
    assert running(a_world(report=a_report(stage))) == Decision("Running", "Running", DOING[stage])
