"""A decision and what was seen, as the status that is stored: for people, for machines, and never too long."""

from typing import Any

import pytest

from lsml_operator.api.status import AutoscaleStatus, Condition, Restarts, Status, Summary, WorkersStatus
from lsml_operator.decide import decide
from lsml_operator.decide.describe import describe, last_report
from lsml_operator.decide.meeting import NOWHERE, Meeting
from lsml_operator.decide.muster import Muster
from lsml_operator.decide.place import Place
from lsml_operator.decide.position import position
from lsml_operator.world import Decision, World
from lsml_trainer.spec import (
    CheckpointReport,
    Ending,
    Evaluation,
    Metric,
    Progress,
    Report,
    SavedCheckpoint,
    SavedModel,
)
from unit.operator.builders import (
    NOW_STAMP,
    SETTINGS,
    a_condition,
    a_coordinator,
    a_coordinators_pod,
    a_finished_report,
    a_job,
    a_pod,
    a_progress,
    a_report,
    a_spec,
    a_status,
    a_succeeded_status,
    a_worker,
    a_world,
    ago,
    an_ended_pod,
    an_ending,
)

RUNS = Decision("Running", "Running", "training")
SUCCEEDS = Decision("Succeeded", "Completed", "done")
SELECTOR = "lsml.dev/job=iris,app.kubernetes.io/component=worker"
NOBODY = Muster((), Restarts())
ONE = Muster((Place(a_worker()),), Restarts())


def described(world: World, decision: Decision, found: Muster, met: Meeting) -> Status:
    """As `decide` puts it together."""
    return describe(world, decision, found, met, position(world, decision, found, last_report(world)).progress)


# The whole


def test_the_whole_status_of_a_job_that_runs() -> None:
    progress = a_progress(percent=62.6, loss=0.125, estimated_seconds_remaining=130)
    world = a_world(a_status(a_worker(), started_s=60), report=a_report(progress=progress))
    assert described(world, RUNS, ONE, NOWHERE) == Status(
        phase="Running",
        conditions=(
            Condition(
                type="Ready",
                status="True",
                reason="Running",
                message="training",
                last_transition_time=NOW_STAMP,
                observed_generation=1,
            ),
        ),
        diagnosis="training",
        observed_generation=1,
        summary=Summary(workers="1/1", progress="63%", loss="0.125", eta="2m10s"),
        workers=WorkersStatus(desired=1, running=1, pending=0, selector=SELECTOR, members=(a_worker(),)),
        restarts=Restarts(),
        progress=progress,
        start_time=ago(60),
    )


def test_nothing_new_is_the_stored_status_itself() -> None:
    """FAULTS 13: an event that brings nothing new writes nothing."""
    world = a_world(a_status(a_worker(), started_s=60), a_pod(), report=a_report())
    stored = decide(world, SETTINGS).status
    assert decide(a_world(stored, a_pod(), report=a_report()), SETTINGS).status == stored


def test_a_change_of_the_spec_is_acknowledged() -> None:
    status = described(a_world(job=a_job(generation=7)), RUNS, ONE, NOWHERE)
    assert status.observed_generation == 7
    assert [condition.observed_generation for condition in status.conditions] == [7]


# Conditions

SUSPENDED_BEFORE = a_status(phase="Suspended", conditions=(a_condition("Suspended", "Suspended"),))
STALLED = Decision("Pending", "QuotaExceeded", "no", stalled=True)

DEGRADED = a_status(phase="Restarting", conditions=(a_condition("Degraded", "WorkerEvicted"),))
CONDITIONS: dict[str, tuple[Status, Decision, dict[str, str]]] = {
    "pending": (a_status(), Decision("Pending", "Starting", "soon"), {"Ready": "False", "Reconciling": "True"}),
    "pending, and somebody must put it right": (a_status(), STALLED, {"Ready": "False", "Stalled": "True"}),
    "running": (a_status(), RUNS, {"Ready": "True"}),
    "restarting": (
        a_status(),
        Decision("Restarting", "BackOff", "soon"),
        {"Ready": "False", "Reconciling": "True", "Degraded": "True"},
    ),
    "suspended": (
        a_status(),
        Decision("Suspended", "Suspended", "held"),
        {"Ready": "True", "Suspended": "True"},
    ),
    "resumed: Suspended is taken back, not left out": (
        SUSPENDED_BEFORE,
        Decision("Pending", "Starting", "soon"),
        {"Ready": "False", "Reconciling": "True", "Suspended": "False"},
    ),
    "never suspended: nothing is said of it": (a_status(phase="Running"), RUNS, {"Ready": "True"}),
    "succeeded": (a_status(), SUCCEEDS, {"Ready": "True", "Complete": "True"}),
    "too few workers were left, and there still are": (
        DEGRADED,
        Decision("Pending", "Unschedulable", "no"),
        {"Ready": "False", "Reconciling": "True", "Degraded": "True"},
    ),
    "too few workers were left, and there are enough again": (DEGRADED, RUNS, {"Ready": "True", "Degraded": "False"}),
    "failed": (
        a_status(),
        Decision("Failed", "Diverged", "loss"),
        {"Ready": "False", "Failed": "True", "Stalled": "True"},
    ),
}


@pytest.mark.parametrize(("stored", "decision", "wanted"), CONDITIONS.values(), ids=CONDITIONS)
def test_conditions(stored: Status, decision: Decision, wanted: dict[str, str]) -> None:
    conditions = described(a_world(stored), decision, NOBODY, NOWHERE).conditions
    assert {condition.type: condition.status for condition in conditions} == wanted
    assert {(condition.reason, condition.message) for condition in conditions} == {(decision.reason, decision.message)}


TRANSITIONS: dict[str, tuple[Status, str]] = {
    "new": (a_status(), NOW_STAMP),
    "still true, for another reason": (a_status(conditions=(a_condition("Ready", "X", since=ago(90)),)), ago(90)),
    "it was false": (a_status(conditions=(a_condition("Ready", "X", holds=False, since=ago(90)),)), NOW_STAMP),
    "another one is old": (a_status(conditions=(a_condition("Suspended", "X", since=ago(90)),)), NOW_STAMP),
}


@pytest.mark.parametrize(("stored", "wanted"), TRANSITIONS.values(), ids=TRANSITIONS)
def test_last_transition_time(stored: Status, wanted: str) -> None:
    ready = described(a_world(stored), RUNS, ONE, NOWHERE).condition("Ready")
    assert ready is not None
    assert ready.last_transition_time == wanted


# Times

TIMES: dict[str, tuple[Status, Decision, tuple[str | None, str | None]]] = {
    "asks for workers for the first time": (a_status(), Decision("Pending", "Starting", "soon"), (NOW_STAMP, None)),
    "runs on": (a_status(started_s=60), RUNS, (ago(60), None)),
    "suspended: its clock is taken off": (
        a_status(started_s=60),
        Decision("Suspended", "Suspended", "held"),
        (None, None),
    ),
    "resumed: its clock starts anew": (SUSPENDED_BEFORE, Decision("Pending", "Starting", "soon"), (NOW_STAMP, None)),
    "ends": (a_status(started_s=60), SUCCEEDS, (ago(60), NOW_STAMP)),
    "ended before": (a_status(started_s=60, ended_s=30), SUCCEEDS, (ago(60), ago(30))),
}


@pytest.mark.parametrize(("stored", "decision", "wanted"), TIMES.values(), ids=TIMES)
def test_times(stored: Status, decision: Decision, wanted: tuple[str | None, str | None]) -> None:
    status = described(a_world(stored), decision, NOBODY, NOWHERE)
    assert (status.start_time, status.completion_time) == wanted


# Progress

OLD = a_progress(percent=10, said_s=4.0)
NEW = a_progress(percent=50)
ENDED = an_ended_pod(0, said=an_ending(report=a_report(progress=NEW)))


def was(progress: Progress | None, phase: str = "Running", **fields: Any) -> Status:
    return a_status(a_worker(), phase=phase, progress=progress, **fields)


PROGRESS: dict[str, tuple[World, Decision, Progress | None]] = {
    "nobody said anything": (a_world(was(None)), RUNS, None),
    "the first word": (a_world(was(None), report=a_report(progress=NEW)), RUNS, NEW),
    "silent since": (a_world(was(OLD)), RUNS, OLD),
    "what is new": (a_world(was(OLD), a_pod(), report=a_report(progress=NEW)), RUNS, NEW),
    "its ending tells more than what it said before": (
        a_world(was(OLD), ENDED, report=a_report(progress=OLD)),
        SUCCEEDS,
        NEW,
    ),
    "an ending without a report": (
        a_world(was(OLD), an_ended_pod(1, said=an_ending("InternalError")), report=a_report(progress=NEW)),
        Decision("Restarting", "WorkerCrashed", "boom"),
        NEW,
    ),
    "ended: what it said before is no news": (
        a_world(was(NEW, "Succeeded", ended_s=9), report=a_report(progress=a_progress(percent=90))),
        SUCCEEDS,
        NEW,
    ),
}


@pytest.mark.parametrize(("world", "decision", "wanted"), PROGRESS.values(), ids=PROGRESS)
def test_progress(world: World, decision: Decision, wanted: Progress | None) -> None:
    assert described(world, decision, ONE, NOWHERE).progress == wanted


def test_evaluation_checkpoint_and_model_are_kept_once_they_were_said() -> None:
    report = a_finished_report()
    kept = SavedCheckpoint(uri="pvc://models/state", step=900, time="2025-06-01T12:00:00Z", bytes=4096)
    said = (report.evaluation, kept, report.model)
    status = described(a_world(was(OLD), report=report), RUNS, ONE, NOWHERE)
    assert (status.evaluation, status.checkpoint, status.model) == said
    ended = described(a_world(status.model_copy(update={"completion_time": ago(1)})), SUCCEEDS, NOBODY, NOWHERE)
    assert (ended.evaluation, ended.checkpoint, ended.model) == said


# Columns

HELD = Decision("Suspended", "Suspended", "held")
ETA = a_progress(percent=99.6, loss=None, estimated_seconds_remaining=8)

COLUMNS: dict[str, tuple[Progress | None, Muster, Decision, Summary]] = {
    "nothing is known": (None, NOBODY, RUNS, Summary(workers="0/0")),
    "one waits": (None, Muster((Place(a_worker(0, "Waiting")),), Restarts()), RUNS, Summary(workers="0/1")),
    "without a loss": (ETA, ONE, RUNS, Summary(workers="1/1", progress="100%", eta="8s")),
    "nobody runs: no time left can be told": (ETA, NOBODY, HELD, Summary(workers="0/0", progress="100%")),
    "ended: nothing is left": (ETA, ONE, SUCCEEDS, Summary(workers="1/1", progress="100%")),
}


@pytest.mark.parametrize(("progress", "found", "decision", "wanted"), COLUMNS.values(), ids=COLUMNS)
def test_columns(progress: Progress | None, found: Muster, decision: Decision, wanted: Summary) -> None:
    assert described(a_world(was(progress)), decision, found, NOWHERE).summary == wanted


def test_workers_are_counted_by_what_they_do() -> None:
    states = ("Waiting", "Creating", "Pending", "Running", "Running", "Ended")
    members = tuple(a_worker(index=index, state=state) for index, state in enumerate(states))
    found = Muster(tuple(map(Place, members)), Restarts(crashes=2))
    status = described(a_world(), RUNS, found, NOWHERE)
    assert status.workers == WorkersStatus(desired=6, running=2, pending=3, selector=SELECTOR, members=members)
    assert status.restarts == Restarts(crashes=2)
    assert status.summary is not None
    assert status.summary.restarts == 2


# Bounds


def absurd(text: str) -> Ending:
    """All that a worker may say, at its longest."""
    metrics = tuple(Metric(name=f"{index:x}".rjust(63, "m"), value=-1.2345678901234567e-300) for index in range(16))
    metrics = tuple(metric.model_copy(update={"name": metric.name.replace("0", "o")}) for metric in metrics)
    report = Report(
        stage="Evaluating",
        progress=Progress(
            percent=99.99999999999999,
            step=2**62,
            total_steps=2**62,
            epoch=2**62,
            samples_per_second=0.12345678901234568,
            estimated_seconds_remaining=0.12345678901234568,
            metrics=metrics,
            updated_at="2025-06-01T12:00:00.123456+00:00",
        ),
        checkpoint=CheckpointReport(
            uri="pvc://" + "m" * 250, step=2**62, time="2025-06-01T12:00:00Z", bytes=2**62, problem=(text * 256)[:256]
        ),
        evaluation=Evaluation(metrics=metrics, rows=2**62, held_out=True),
        model=SavedModel(uri="pvc://" + "m" * 1018, digest="sha256:" + "f" * 64),
    )
    return an_ending("I" * 64, (text * 1024)[:1024], traceback=(text * 2048)[:2048], report=report)


LINE = '  File "/usr/lib/python3/site-packages/numpy/linalg.py", line 1234, in solve\n'
WORST = {
    "letters": "x",
    "lines": LINE,
    "newlines": "\n",
    "quotes": '"',
    "control characters": "\x01",
    "Chinese": "学",
    "emoji": "🙂",
}


@pytest.mark.parametrize("text", ["x", "学"])
def test_the_status_of_the_largest_team_is_below_10_kb(text: str) -> None:
    members = tuple(a_worker(10**6, "Running", index=index) for index in range(64))
    grown = {"workers": 64, "replicas": 64, "efficiency": 0.12345678901234568, "since": ago(0)}
    speeds = [{"workers": number, "samplesPerSecond": 1.234e15} for number in (62, 63)]
    growth = AutoscaleStatus.model_validate({**grown, "measured": speeds, "samplesPerSecond": [1.234e15] * 15})
    stored = a_status(*members, coordinator=a_coordinator(10**6), phase="Running", started_s=60, autoscale=growth)
    spec = a_spec(replicas=64)
    pods = tuple(a_pod(10**6, index=index, made_from=spec) for index in range(63))
    waits = a_pod(10**6, "Pending", index=63, unschedulable=text * 4000, made_from=spec)
    report = absurd(text).report
    job = a_job(stored, replicas=64, least=64, most=64, efficiency=growth.efficiency)
    status = decide(a_world(job=job, pods=(*pods, waits, a_coordinators_pod(10**6)), report=report), SETTINGS).status
    assert status.workers.pending == 1
    assert status.autoscale
    assert status.autoscale.measured == growth.measured
    assert len(status.to_json().encode()) < 10_000


@pytest.mark.parametrize("text", WORST.values(), ids=WORST)
@pytest.mark.parametrize("exit_code", [1, 2])
def test_a_status_at_its_worst_is_below_10_kb(text: str, exit_code: int) -> None:
    """FAULTS 49 and 52: neither a long traceback nor absurd metrics fill etcd."""
    conditions = (a_condition("Suspended", "Suspended", holds=False),)
    stored = a_status(a_worker(9, "Running"), phase="Running", started_s=60, conditions=conditions)
    world = a_world(stored, an_ended_pod(exit_code, 9, said=absurd(text)), backoff_limit=0)
    status = decide(world, SETTINGS).status
    assert status.phase == "Failed"
    assert len(status.to_json().encode()) < 10_000
    assert Status.model_validate_json(status.to_json()) == status


def test_a_long_diagnosis_keeps_its_beginning_and_its_end() -> None:
    message = f"worker 0 ended: {'traceback ' * 400}KeyError: 'x'"
    diagnosis = described(a_world(), Decision("Failed", "WorkerCrashed", message), NOBODY, NOWHERE).diagnosis
    assert diagnosis is not None
    assert diagnosis.startswith("worker 0 ended: traceback")
    assert diagnosis.endswith("KeyError: 'x'")
    assert len(diagnosis.encode()) <= 2048


@pytest.mark.parametrize("text", ["x", LINE])
def test_a_job_that_failed_keeps_its_traceback(text: str) -> None:
    """FAULTS 49: also when it is looked at again."""
    stored = a_status(a_worker(), phase="Running", started_s=60)
    ended = an_ended_pod(1, said=absurd(text))
    failed = decide(a_world(stored, ended, backoff_limit=0), SETTINGS).status
    assert decide(a_world(failed, ended, backoff_limit=0), SETTINGS).status == failed


def test_ended_jobs_keep_everything_that_was_known() -> None:
    stored = decide(a_world(a_succeeded_status(ended_s=9), a_pod()), SETTINGS).status
    assert decide(a_world(stored, a_pod(), report=a_report("Starting")), SETTINGS).status == stored
