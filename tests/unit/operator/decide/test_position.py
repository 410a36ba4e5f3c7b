"""How far a job is: never less than before, unless steps are really lost, and that is told."""

from datetime import timedelta
from typing import Any

import pytest

from lsml_operator.api.status import Status, WorkersStatus
from lsml_operator.decide import decide
from lsml_operator.decide.goodput import account_of
from lsml_operator.decide.muster import Muster
from lsml_operator.decide.place import Place
from lsml_operator.decide.position import Position, position, rests
from lsml_operator.decide.saved import saved
from lsml_operator.world import Decision, Event, Pod, World
from lsml_trainer.spec import CheckpointReport, Exit, Progress, Report, SavedCheckpoint, Teammate
from unit.operator.builders import (
    NOW,
    SETTINGS,
    a_coordinator,
    a_coordinators_pod,
    a_job,
    a_pod,
    a_progress,
    a_report,
    a_spec,
    a_status,
    a_worker,
    a_world,
    ago,
    an_ended_pod,
    an_ending,
)

RUNS = Decision("Running", "Running", "training")
STORED = a_progress(step=500, said_s=10, total_steps=1000, percent=50)
TWO = (a_worker(), a_worker(index=1))
PODS = (a_coordinators_pod(), a_pod(), a_pod(index=1))
SAVED = SavedCheckpoint(uri="pvc://models/state", step=400, time=ago(60), bytes=4096)
AT_SAVED = Progress(percent=40, step=400, total_steps=1000, updated_at=ago(60))
AT_NOTHING = Progress(percent=0, step=0, total_steps=1000, updated_at="2025-06-01T12:00:00.000Z")


def was(*workers: Any, **fields: Any) -> Status:
    fields = {"phase": "Running", "started_s": 60, "progress": STORED, "coordinator": a_coordinator(), **fields}
    return a_status(*(workers or TWO), **fields)


def said(step: int, *, stage: str = "Training", said_s: float = 0, **team: int) -> Report:
    """The team's report; `team` is who is at which step, such as w0_0=500."""
    mates = tuple(Teammate(name=name.replace("_", "-"), stage="Training", step=at) for name, at in team.items())
    return a_report(stage, progress=a_progress(step=step, said_s=said_s), team=mates)


def stays(*workers: Any) -> Muster:
    return Muster(tuple(map(Place, workers or TWO)), a_status().restarts)


def lost_ones(report: Report | None, *members: Any, **status: Any) -> World:
    """Both have crashed."""
    pods = (a_coordinators_pod(), an_ended_pod(137), an_ended_pod(137, index=1))
    return a_world(was(*members, **status), *pods, report=report, replicas=2)


def a_team(report: Report | None, status: Status | None = None, **spec: Any) -> World:
    return a_world(status or was(), *PODS, report=report, replicas=2, **spec)


def lost(said: str) -> Event:
    return Event("Warning", "StepsLost", f"nobody is left who was at step 500: {said}")


def left(step: int | None) -> Pod:
    """The pod of one who was asked to leave, and has; the last checkpoint is its own."""
    own = step and CheckpointReport(uri="pvc://models/state", step=step, time=ago(1), bytes=4096)
    report = a_report(progress=a_progress(step=500), checkpoint=own or None)
    return an_ended_pod(Exit.ASKED_TO_LEAVE, said=an_ending("AskedToLeave", report=report), deleting=True)


LEAVING = a_pod(deleting=True)
NEXT = (a_worker(1, "Creating"), a_worker(1, "Creating", index=1))
ANEW = said(3, w0_1=3, w1_1=2)
PROGRAM = {"algorithm": {"container": {"image": "theirs:1"}}}
PREDICT = {"predict": {"data": {"uri": "pvc://rows/*.csv"}, "output": "pvc://named/out"}}
PREDICTION = {"model": {"from": "pvc://models/iris"}, **PREDICT}
TRAINED_FIRST = a_spec(output="pvc://models/iris") | PREDICT
HURRIED = STORED.model_copy(update={"samples_per_second": 64.0, "estimated_seconds_remaining": 30.0})

CASES: dict[str, tuple[World, Muster, Position]] = {
    "nothing was said yet": (a_team(None, was(progress=None)), stays(), Position(None)),
    "the first word": (a_team(said(3), was(progress=None)), stays(), Position(said(3).progress)),
    "nothing new": (a_team(None), stays(), Position(STORED)),
    "farther": (a_team(said(501, w0_0=501)), stays(), Position(said(501).progress)),
    # Who knows less
    "a new coordinator heard first of one who loads": (
        a_team(said(0, stage="LoadingData", w1_0=0)), stays(), Position(STORED),
    ),
    "also long after": (a_team(said(0, stage="LoadingData", said_s=-60, w1_0=0)), stays(), Position(STORED)),
    "a new coordinator heard first of one who was stopped": (a_team(said(499, w1_0=499)), stays(), Position(STORED)),
    "half a minute later there is nobody who is farther": (
        a_team(said(7, said_s=-20, w1_0=7)), stays(), Position(said(7, said_s=-20).progress),
    ),
    # Steps that are lost
    "one of two is lost": (a_team(said(500, w1_0=500)), stays(NEXT[0], TWO[1]), Position(said(500).progress)),
    "both are lost, and there is a checkpoint": (
        lost_ones(said(500, w0_0=500), checkpoint=SAVED),
        stays(*NEXT),
        Position(AT_SAVED, lost("training goes on from the checkpoint of step 400, and 100 steps are done again")),
    ),
    "both are lost, and there is none": (
        lost_ones(said(500, w0_0=500)),
        stays(*NEXT),
        Position(AT_NOTHING, lost("training begins anew, and 500 steps are done again")),
    ),
    "of whom one had not begun": (
        lost_ones(None, a_worker(), a_worker(state="Pending", index=1)),
        stays(NEXT[0], a_worker(state="Pending", index=1)),
        Position(AT_NOTHING, lost("training begins anew, and 500 steps are done again")),
    ),
    "the coordinator tells of the lost": (
        a_team(said(500, w0_0=500), was(*NEXT, progress=AT_SAVED, checkpoint=SAVED)), stays(*NEXT), Position(AT_SAVED),
    ),
    # What the lost may save yet
    "those who are asked to leave have not ended": (
        a_world(was(a_worker(), checkpoint=SAVED), LEAVING), stays(NEXT[0]), Position(STORED),
    ),
    "those who are to be replaced have not been asked yet": (
        a_world(was(a_worker(), checkpoint=SAVED), a_pod()), stays(NEXT[0]), Position(STORED),
    ),
    "they have, and saved all": (
        a_world(was(NEXT[0], checkpoint=SAVED), left(500)),
        stays(NEXT[0]),
        Position(AT_SAVED.model_copy(update={"step": 500, "percent": 50.0, "updated_at": ago(1)})),
    ),
    "they have, and saved nothing": (
        a_world(was(NEXT[0], checkpoint=SAVED), left(None)),
        stays(NEXT[0]),
        Position(AT_SAVED, lost("training goes on from the checkpoint of step 400, and 100 steps are done again")),
    ),
    "they are gone": (
        a_world(was(NEXT[0], checkpoint=SAVED)),
        stays(NEXT[0]),
        Position(AT_SAVED, lost("training goes on from the checkpoint of step 400, and 100 steps are done again")),
    ),
    "the next one did not wait for them": (
        a_world(was(NEXT[0], checkpoint=SAVED), LEAVING, a_pod(1)),
        stays(a_worker(1)),
        Position(AT_SAVED, lost("training goes on from the checkpoint of step 400, and 100 steps are done again")),
    ),
    "resumed before they have ended": (
        a_world(was(phase="Suspended", checkpoint=SAVED), LEAVING), stays(NEXT[0]), Position(STORED),
    ),
    "the next ones load their data": (
        a_world(was(a_worker(1), progress=AT_SAVED), a_pod(1), report=said(0, stage="LoadingData")),
        stays(a_worker(1)),
        Position(AT_SAVED),
    ),
    "they go on": (
        a_world(was(a_worker(1), progress=AT_SAVED), a_pod(1), report=said(401)),
        stays(a_worker(1)),
        Position(said(401).progress),
    ),
    "from the checkpoint before, since the last one is damaged": (
        a_world(was(a_worker(1), progress=AT_SAVED), a_pod(1), report=said(301)),
        stays(a_worker(1)),
        Position(said(301).progress),
    ),
    "resumed with a checkpoint of its last step": (
        a_world(was(phase="Suspended", checkpoint=SAVED.model_copy(update={"step": 500}))),
        stays(*NEXT),
        Position(AT_SAVED.model_copy(update={"step": 500, "percent": 50.0})),
    ),
    # Who does not count as we do
    "a program goes back as it likes": (
        a_world(job=a_job(was(), raw_spec=PROGRAM), report=said(3)), stays(), Position(said(3).progress),
    ),
    # Whose work stays
    "rows that are predicted stay so, and nobody predicts on": (
        a_world(job=a_job(was(progress=HURRIED), raw_spec=PREDICTION)), stays(*NEXT), Position(STORED),
    ),
    "who trains before the model predicts loses steps": (
        a_world(job=a_job(was(), raw_spec=TRAINED_FIRST)),
        stays(*NEXT),
        Position(AT_NOTHING, lost("training begins anew, and 500 steps are done again")),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("world", "found", "wanted"), CASES.values(), ids=CASES)
def test_position(world: World, found: Muster, wanted: Position) -> None:
    assert position(world, RUNS, found, world.report) == wanted


@pytest.mark.parametrize("phase", ["Suspended", "Failed"])
def test_a_job_that_is_held_or_failed_stays_where_it_was(phase: Any) -> None:
    held = Decision(phase, "Reason", "why")
    assert position(a_team(None), held, stays(*NEXT), None) == Position(STORED)
    assert position(a_team(None), held, stays(*NEXT), said(501)) == Position(said(501).progress)


def test_a_loss_is_told_with_the_status_that_counts_it() -> None:
    world = a_world(was(a_worker(), coordinator=None, checkpoint=SAVED), an_ended_pod(1), report=said(500))
    plan = decide(world, SETTINGS)
    assert plan.status.progress == AT_SAVED
    assert plan.status.summary is not None
    assert plan.status.summary.progress == "40%"
    assert [event.reason for event in plan.events] == ["WorkerCrashed", "StepsLost"]


def test_time_at_a_checkpoint_that_nobody_has_gone_on_from_is_not_productive() -> None:
    resting = was(progress=AT_SAVED, checkpoint=SAVED)
    assert rests(resting)
    assert account_of(resting, is_program=False) == "starting_seconds"
    assert account_of(was(checkpoint=SAVED), is_program=False) == "productive_seconds"


def test_the_checkpoint_that_a_worker_left_is_stored_though_nobody_intends_it_any_more() -> None:
    world = a_world(was(phase="Suspended", checkpoint=SAVED).model_copy(update={"workers": WorkersStatus()}), left(500))
    stored = decide(world, SETTINGS).status.checkpoint
    assert stored is not None
    assert stored.step == 500


def test_steps_that_are_lost_are_told_once_with_the_progress_that_says_so() -> None:
    """Not by each look of the five seconds in which news waits."""
    status, waits = was(a_worker(), coordinator=None), a_pod(1, "Pending")
    for pods in ((LEAVING,), (LEAVING, waits)):
        status = decide(a_world(status, *pods), SETTINGS).status
    assert status.progress == STORED
    told = [decide(a_world(status, waits, now=NOW + timedelta(seconds=after)), SETTINGS) for after in (1, 6)]
    assert [[event.reason for event in plan.events] for plan in told] == [[], ["StepsLost"]]
    assert [plan.status.progress and plan.status.progress.step for plan in told] == [500, 0]


def test_at_a_checkpoint_of_which_nobody_knows_the_time_nothing_is_new_at_each_look() -> None:
    timeless = SAVED.model_copy(update={"time": None})
    first = position(a_world(was(NEXT[0], checkpoint=timeless)), RUNS, stays(NEXT[0]), None).progress
    later = a_world(was(NEXT[0], checkpoint=timeless, progress=first), now=NOW + timedelta(seconds=60))
    assert position(later, RUNS, stays(NEXT[0]), None) == Position(first)


def test_who_goes_on_from_a_checkpoint_does_not_make_its_time_forgotten() -> None:
    report = a_report(checkpoint=CheckpointReport(uri=SAVED.uri, step=SAVED.step))
    assert saved(a_world(was(checkpoint=SAVED)), report) == SAVED
