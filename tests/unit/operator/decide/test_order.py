"""The order of the policies, as whole scenarios: several things are true at once, and one of them is told."""

import pytest

from lsml_operator.decide import POLICIES, consult, decide
from lsml_operator.world import Create, Delete, Event, Refusal, World
from unit.operator.builders import (
    SETTINGS,
    Json,
    a_pod,
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

RUNNING = a_status(a_worker(), phase="Running", started_s=100)
PENDING = a_status(a_worker(0, "Pending"), phase="Pending", reason="Starting", started_s=100)
CREATING = a_status(a_worker(0, "Creating"), phase="Pending", reason="Starting", started_s=100)
BACKING_OFF = a_status(a_worker(1, "Waiting", not_before=ago(-30)), phase="Restarting", started_s=100)
QUOTA = (Refusal("pod iris-w0-0", 403, "exceeded quota: small"),)
WRONG: Json = {"alchemy": {}}
STUCK: Json = {"container_reason": "ImagePullBackOff"}
NO_MACHINE: Json = {"unschedulable": "0/1 nodes are available"}

ORDER: dict[str, tuple[World, tuple[str, str]]] = {
    # finished
    "succeeded, then its spec broke": (a_world(a_succeeded_status(), algorithm=WRONG), ("Succeeded", "Completed")),
    "succeeded, then suspended": (a_world(a_succeeded_status(), suspend=True), ("Succeeded", "Completed")),
    "succeeded, then its deadline passed": (
        a_world(a_succeeded_status(ended_s=99), deadline_s=1),
        ("Succeeded", "Completed"),
    ),
    "succeeded, and its pod is gone": (a_world(a_succeeded_status()), ("Succeeded", "Completed")),
    # invalid_spec
    "invalid and suspended": (a_world(algorithm=WRONG, suspend=True), ("Failed", "InvalidSpec")),
    "invalid and refused": (a_world(algorithm=WRONG, refusals=QUOTA), ("Failed", "InvalidSpec")),
    "invalid while it runs": (a_world(RUNNING, a_pod(), algorithm=WRONG), ("Failed", "InvalidSpec")),
    # completion
    "succeeded although suspended": (a_world(RUNNING, an_ended_pod(0), suspend=True), ("Succeeded", "Completed")),
    "succeeded although too late": (a_world(RUNNING, an_ended_pod(0), deadline_s=1), ("Succeeded", "Completed")),
    "succeeded although something was refused": (
        a_world(RUNNING, an_ended_pod(0), refusals=QUOTA),
        ("Succeeded", "Completed"),
    ),
    # suspend
    "suspended and too late": (a_world(RUNNING, a_pod(), suspend=True, deadline_s=1), ("Suspended", "Suspended")),
    "suspended and crashed too often": (
        a_world(RUNNING, an_ended_pod(1), suspend=True, backoff_limit=0),
        ("Suspended", "Suspended"),
    ),
    "suspended and refused": (a_world(CREATING, suspend=True, refusals=QUOTA), ("Suspended", "Suspended")),
    "suspended in its back-off": (a_world(BACKING_OFF, suspend=True), ("Suspended", "Suspended")),
    # deadline
    "deadline and crash at once": (
        a_world(RUNNING, an_ended_pod(1), deadline_s=100),
        ("Failed", "DeadlineExceeded"),
    ),
    "deadline and wrong data at once": (
        a_world(RUNNING, an_ended_pod(2, said=an_ending("InvalidData")), deadline_s=100),
        ("Failed", "DeadlineExceeded"),
    ),
    "deadline in its back-off": (a_world(BACKING_OFF, deadline_s=100), ("Failed", "DeadlineExceeded")),
    "deadline while no machine takes it": (
        a_world(PENDING, a_pod(0, "Pending", **NO_MACHINE), deadline_s=100),
        ("Failed", "DeadlineExceeded"),
    ),
    # failure
    "crashed once too often, and refused": (
        a_world(RUNNING, an_ended_pod(1), backoff_limit=0, refusals=QUOTA),
        ("Failed", "BackoffLimitExceeded"),
    ),
    "diverged, rather than restarting": (
        a_world(RUNNING, an_ended_pod(3, said=an_ending("Diverged"))),
        ("Failed", "Diverged"),
    ),
    # restarting
    "lost, and something was refused": (
        a_world(RUNNING, an_ended_pod(1), refusals=QUOTA),
        ("Restarting", "WorkerCrashed"),
    ),
    "its back-off runs, and something was refused": (a_world(BACKING_OFF, refusals=QUOTA), ("Restarting", "BackOff")),
    # refused
    "refused, and not running": (a_world(CREATING, refusals=QUOTA), ("Pending", "QuotaExceeded")),
    "refused, and another pod has no machine": (
        a_world(PENDING, a_pod(0, "Pending", **NO_MACHINE), refusals=QUOTA),
        ("Pending", "QuotaExceeded"),
    ),
    # unschedulable, cannot_start, starting, running
    "no machine": (a_world(PENDING, a_pod(0, "Pending", **NO_MACHINE)), ("Pending", "Unschedulable")),
    "no machine now, an image that failed before": (
        a_world(PENDING, a_pod(0, "Pending", **NO_MACHINE, **STUCK)),
        ("Pending", "Unschedulable"),
    ),
    "no image": (a_world(PENDING, a_pod(0, "Pending", **STUCK)), ("Pending", "ImagePullBackOff")),
    "pending, and a report of the attempt before": (
        a_world(PENDING, a_pod(0, "Pending"), report=a_report()),
        ("Pending", "Starting"),
    ),
    "new": (a_world(), ("Pending", "Starting")),
    "it runs": (a_world(RUNNING, a_pod(), report=a_report()), ("Running", "Running")),
}


@pytest.mark.parametrize(("world", "wanted"), ORDER.values(), ids=ORDER)
def test_order(world: World, wanted: tuple[str, str]) -> None:
    decision, _ = consult(world)
    assert (decision.phase, decision.reason) == wanted


def test_the_order_is_this() -> None:
    assert [policy.__name__ for policy in POLICIES] == [
        "finished",
        "invalid_spec",
        "completion",
        "suspend",
        "deadline",
        "failure",
        "short_handed",
        "gang_waits",
        "restarting",
        "refused",
        "held_back",
        "unschedulable",
        "cannot_start",
        "starting",
        "running",
    ]


WAKES: dict[str, tuple[World, float | None]] = {
    "nothing is due": (a_world(CREATING), None),
    "the next entry of the ledger": (a_world(RUNNING, a_pod()), 60),
    "the deadline": (a_world(RUNNING, a_pod(), deadline_s=160), 60),
    "the back-off before the deadline": (a_world(BACKING_OFF, deadline_s=160), 30),
    "the deadline before the back-off": (a_world(BACKING_OFF, deadline_s=110), 10),
    "the refusal before the deadline": (a_world(CREATING, refusals=QUOTA, deadline_s=160), 15),
    "the time to live": (a_world(a_succeeded_status(ended_s=10), ttl_s=40), 30),
    "a changed template, once the pod is 10 s old": (
        a_world(RUNNING, a_pod(age_s=4, made_from=a_spec(resources={"limits": {"cpu": 1}}))),
        6,
    ),
}


@pytest.mark.parametrize(("world", "wanted"), WAKES.values(), ids=WAKES)
def test_when_to_look_again(world: World, wanted: float | None) -> None:
    assert decide(world, SETTINGS).wake_seconds == wanted


CRASH = Event("Warning", "WorkerCrashed", "worker 0 (attempt 0) ended: exit code 1")

GATED = "worker 0 is held back by the scheduling gate example.com/approval, until whoever put it there takes it off"
EVENTS: dict[str, tuple[World, tuple[Event, ...]]] = {
    "new": (a_world(), (Event("Normal", "Starting", "0 of 1 workers run, the others are being started"),)),
    "the same as before": (a_world(CREATING), ()),
    "it runs": (a_world(PENDING, a_pod()), (Event("Normal", "Running", "the worker is starting"),)),
    "it still runs, and says more": (a_world(RUNNING, a_pod(), report=a_report("Saving")), ()),
    "a crash is told once": (a_world(RUNNING, an_ended_pod(1)), (CRASH,)),
    "its back-off is no event": (a_world(BACKING_OFF, an_ended_pod(1)), ()),
    "what must be put right is a warning": (
        a_world(CREATING, refusals=QUOTA),
        (Event("Warning", "QuotaExceeded", "pod iris-w0-0 was refused: exceeded quota: small"),),
    ),
    "that no machine takes it is a warning, as the scheduler's own": (
        a_world(CREATING, a_pod(0, "Pending", scheduled=False, unschedulable="0/3 nodes are available")),
        (Event("Warning", "Unschedulable", "no machine takes worker 0: 0/3 nodes are available"),),
    ),
    "to wait in a queue is none": (
        a_world(CREATING, a_pod(0, "Pending", gates=("example.com/approval",))),
        (Event("Normal", "SchedulingGated", GATED),),
    ),
    "a failure is a warning, with the crash in its words": (
        a_world(RUNNING, an_ended_pod(1), backoff_limit=0),
        (Event("Warning", "BackoffLimitExceeded", f"1 crashes, 0 allowed; {CRASH.message}"),),
    ),
    "success": (a_world(RUNNING, an_ended_pod(0)), (Event("Normal", "Completed", "the job is done"),)),
    "ended before": (a_world(a_succeeded_status(), an_ended_pod(0)), ()),
}


@pytest.mark.parametrize(("world", "wanted"), EVENTS.values(), ids=EVENTS)
def test_events(world: World, wanted: tuple[Event, ...]) -> None:
    if world.status.phase == "Succeeded":  # its stored Ready condition says what was told
        world = a_world(decide(world, SETTINGS).status, *world.pods)
    assert decide(world, SETTINGS).events == wanted


def test_a_job_that_ends_keeps_its_count_and_lets_its_workers_go() -> None:
    plan = decide(a_world(RUNNING, an_ended_pod(1), backoff_limit=0), SETTINGS)
    assert plan.status.workers.members == ()
    assert plan.status.restarts.crashes == 1
    assert plan.changes == ()  # the pod that ended is kept for its log
    again = decide(a_world(plan.status, an_ended_pod(1), backoff_limit=0), SETTINGS)
    assert again.status == plan.status


def test_a_job_that_is_held_lets_its_workers_go_and_is_resumed_with_others() -> None:
    held = decide(a_world(RUNNING, a_pod(), suspend=True), SETTINGS)
    assert (held.status.workers.members, held.changes) == ((), (Delete("Pod", "iris-w0-0", "uid-w0-0"),))
    resumed = decide(a_world(held.status, a_pod(deleting=True)), SETTINGS)
    assert resumed.status.workers.members == (a_worker(1, "Creating"),)
    assert [change.body["metadata"]["name"] for change in resumed.changes if isinstance(change, Create)] == [
        "iris-w0-1"
    ]


def test_an_invalid_job_takes_its_workers_away_and_loses_none() -> None:
    plan = decide(a_world(RUNNING, a_pod(), algorithm=WRONG), SETTINGS)
    assert plan.changes == (Delete("Pod", "iris-w0-0", "uid-w0-0"),)
    assert plan.status.restarts == RUNNING.restarts


def test_a_job_that_is_held_while_its_template_is_outdated_counts_no_update() -> None:
    outdated = a_pod(template_hash="of another template")
    assert decide(a_world(RUNNING, outdated), SETTINGS).status.restarts.updates == RUNNING.restarts.updates + 1
    assert decide(a_world(RUNNING, outdated, suspend=True), SETTINGS).status.restarts == RUNNING.restarts
