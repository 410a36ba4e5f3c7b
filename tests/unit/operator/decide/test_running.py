"""A job that runs says what its worker does."""

from typing import get_args

import pytest

from lsml_operator.decide.running import DOING, MEETING, PREDICTED, UNKNOWN, running
from lsml_operator.world import Decision
from lsml_trainer.spec import CheckpointReport, Teammate
from lsml_trainer.spec.report import Stage
from unit.operator.builders import (
    Json,
    a_coordinator,
    a_coordinators_pod,
    a_job,
    a_pod,
    a_report,
    a_spec,
    a_status,
    a_worker,
    a_world,
)

STAGES = get_args(Stage)


def test_before_it_was_asked_it_is_starting() -> None:
    assert running(a_world()) == Decision("Running", "Running", "the worker is starting")


def test_every_stage_has_its_words() -> None:
    assert set(DOING) == set(STAGES)


@pytest.mark.parametrize("stage", STAGES)
def test_running(stage: str) -> None:
    assert running(a_world(report=a_report(stage))) == Decision("Running", "Running", DOING[stage])


def test_what_is_ready_of_a_job_that_only_predicts_is_no_model() -> None:
    spec = {
        "model": {"from": "pvc://models/iris"},
        "predict": {"data": {"uri": "pvc://a/b.csv"}, "output": "pvc://a/c"},
    }
    world = a_world(job=a_job(raw_spec=spec), report=a_report("Completed"))
    assert running(world) == Decision("Running", "Running", PREDICTED)


def test_a_checkpoint_that_could_not_be_written_is_told() -> None:
    """FAULTS 54"""
    kept = CheckpointReport(uri="pvc://a/b", problem="no space is left")
    said = Decision("Running", "Running", "training; no space is left", findings=("CheckpointFailing",))
    assert running(a_world(report=a_report(checkpoint=kept))) == said


def test_a_team_that_lost_its_coordinator_says_who_waits_for_it() -> None:
    world = a_world(a_status(coordinator=a_coordinator()), replicas=2, report=a_report())
    assert running(world) == Decision("Running", "Running", MEETING, findings=("CoordinatorMissing",))


STRANGE = Decision("Running", "Running", UNKNOWN, findings=("TokenUnknown",))
TOKENS: dict[str, tuple[Json, Decision]] = {
    "that of another key": ({"token": "iris-token-0badc0de"}, STRANGE),
    "none, as an operator of before made it": ({"token": None}, Decision("Running", "Running", DOING["Starting"])),
}


@pytest.mark.parametrize(("pod", "wanted"), TOKENS.values(), ids=TOKENS)
def test_a_token_that_the_operator_does_not_know_is_told(pod: Json, wanted: Decision) -> None:
    assert running(a_world(a_status(a_worker()), a_pod(**pod))) == wanted
    assert running(a_world(a_status(a_worker()), a_pod(**pod), report=a_report())).message == "training"


def test_a_straggler_is_named() -> None:
    team = (a_mate(0, 0.1), a_mate(1, 0.55))
    pod = a_coordinators_pod(made_from=a_spec(replicas=2))
    world = a_world(a_status(coordinator=a_coordinator()), pod, replicas=2, report=a_report(team=team))
    assert running(world).message == (
        "training; worker 1 holds the others up: its part of a step takes 6 times as long as theirs; "
        "look at its machine"
    )


def a_mate(index: int, step_seconds: float | None) -> Teammate:
    return Teammate(name=f"w{index}-0", stage="Training", step=9, step_seconds=step_seconds)
