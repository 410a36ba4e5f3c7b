"""A gang starts whole or not at all: each look at one, and two that each fit only alone."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lsml_operator.api.status import GangStatus, Status, WorkersStatus, WorkerStatus
from lsml_operator.decide import decide
from lsml_operator.decide.gang import pause_seconds
from lsml_operator.decide.muster import muster
from lsml_operator.labels import ATTEMPT, GANG_GATE, INDEX, QUOTA_GATE
from lsml_operator.texts import stamp
from lsml_operator.world import Create, Pod, Ungate, World
from unit.operator.builders import (
    NOW,
    SETTINGS,
    a_coordinator,
    a_coordinators_pod,
    a_job,
    a_pod,
    a_spec,
    a_status,
    a_worker,
    a_world,
    ago,
    an_ended_pod,
)

TWO_OF_THREE: dict[str, Any] = {"gang": "strict", "least": 2, "replicas": 3}
TEAM = a_spec(**TWO_OF_THREE)
WAITS = a_pod(0, "Pending", made_from=TEAM, scheduled=False)
UNGATED = replace(WAITS, gates=())
GATED = replace(WAITS, gates=(GANG_GATE,))
STARTS = replace(WAITS, scheduled=True)


def pod(of: Pod, index: int, attempt: int = 0) -> Pod:
    names = {"name": f"iris-w{index}-{attempt}", "uid": f"uid-w{index}-{attempt}"}
    return replace(of, index=index, attempt=attempt, **names)


def status(*workers: WorkerStatus, **gang: Any) -> Status:
    """A stored status of these workers, with the gang as it was seen."""
    stored = WorkersStatus(desired=len(workers), members=workers, gang=GangStatus(**gang))
    return a_status(phase="Pending", coordinator=a_coordinator()).model_copy(update={"workers": stored})


def world(stored: Status, *pods: Pod, **spec: Any) -> World:
    return a_world(stored, a_coordinators_pod(made_from=TEAM), *pods, **{**TWO_OF_THREE, **spec})


def pair(state: str = "Pending", attempt: int = 0) -> tuple[WorkerStatus, ...]:
    return a_worker(attempt, state), a_worker(attempt, state, index=1)


THIRD_WAITS = a_worker(0, "Waiting", index=2)
NEXT = GangStatus(formation=1, given_back=1)
PAUSE_SECONDS = pause_seconds("uid-iris", NEXT)
AGAIN_AT = stamp(NOW + timedelta(seconds=PAUSE_SECONDS), "milliseconds")
HALF_SINCE = stamp(NOW, "milliseconds")

LOOKS: dict[str, tuple[World, tuple[WorkerStatus, ...], GangStatus]] = {
    "new: the first two come, the third after them": (
        a_world(**TWO_OF_THREE),
        (*pair("Creating"), THIRD_WAITS),
        GangStatus(),
    ),
    "resumed: another formation": (
        world(status(formation=3, placed=True)),
        (*pair("Creating"), THIRD_WAITS),
        GangStatus(formation=4),
    ),
    "both are there, and none has a machine: nothing is given back, however long it takes": (
        world(status(*pair(), THIRD_WAITS), pod(UNGATED, 0), pod(UNGATED, 1)),
        (*pair(), THIRD_WAITS),
        GangStatus(),
    ),
    "one has a machine: the clock starts": (
        world(status(*pair(), THIRD_WAITS), pod(STARTS, 0), pod(UNGATED, 1)),
        (*pair(), THIRD_WAITS),
        GangStatus(half_since=HALF_SINCE),
    ),
    "one has a machine, and there is time left": (
        world(status(*pair(), THIRD_WAITS, half_since=ago(59)), pod(STARTS, 0), pod(UNGATED, 1)),
        (*pair(), THIRD_WAITS),
        GangStatus(half_since=ago(59)),
    ),
    "one had a machine, and lost it: the clock stops": (
        world(status(*pair(), THIRD_WAITS, half_since=ago(59)), pod(UNGATED, 0), pod(UNGATED, 1)),
        (*pair(), THIRD_WAITS),
        GangStatus(),
    ),
    "one has a machine for too long: all give back": (
        world(status(*pair(), THIRD_WAITS, half_since=ago(60)), pod(STARTS, 0), pod(UNGATED, 1)),
        (
            a_worker(1, "Waiting", not_before=AGAIN_AT),
            a_worker(1, "Waiting", index=1, not_before=AGAIN_AT),
            THIRD_WAITS,
        ),
        NEXT,
    ),
    "its author is more patient": (
        world(status(*pair(), THIRD_WAITS, half_since=ago(60)), pod(STARTS, 0), pod(UNGATED, 1), patience_s=600),
        (*pair(), THIRD_WAITS),
        GangStatus(half_since=ago(60)),
    ),
    "both have machines: the third may come": (
        world(status(*pair(), THIRD_WAITS, half_since=ago(9), given_back=2), pod(STARTS, 0), pod(STARTS, 1)),
        (*pair(), a_worker(0, "Creating", index=2)),
        GangStatus(placed=True),
    ),
    "placed, and one of it was deleted: it is replaced alone": (
        world(status(*pair("Running"), placed=True), pod(a_pod(made_from=TEAM), 0)),
        (a_worker(), a_worker(1, "Creating", index=1), a_worker(0, "Creating", index=2)),
        GangStatus(placed=True),
    ),
    "placed, and all of it were deleted: it begins anew": (
        world(status(*pair("Running"), placed=True)),
        (*pair("Creating", 1), THIRD_WAITS),
        GangStatus(formation=1),
    ),
    "placed, and the last went while another's successor had no machine yet: that one begins anew, too": (
        world(status(a_worker(1, "Pending"), a_worker(index=1), placed=True), pod(UNGATED, 0, 1)),
        (a_worker(2, "Creating"), a_worker(1, "Creating", index=1), THIRD_WAITS),
        GangStatus(formation=1),
    ),
}


@pytest.mark.parametrize(("seen", "workers", "gang"), LOOKS.values(), ids=LOOKS)
def test_who_comes_next(seen: World, workers: tuple[WorkerStatus, ...], gang: GangStatus) -> None:
    found = muster(seen)
    assert (found.workers, found.gang) == (workers, gang)


def test_an_elastic_job_has_no_gang() -> None:
    assert muster(a_world(least=2, replicas=3)).gang is None


def test_a_gang_of_more_than_may_wait_for_a_machine_comes_whole() -> None:
    states = [worker.state for worker in muster(a_world(gang="strict", least=5, replicas=6)).workers]
    assert states == ["Creating"] * 5 + ["Waiting"]


LET_GO: dict[str, tuple[tuple[Pod, ...], list[str]]] = {
    "one is not there yet": ((pod(GATED, 0),), []),
    "one is going": ((pod(GATED, 0), replace(pod(GATED, 1), deleting=True)), []),
    "Kueue holds one": ((pod(GATED, 0), replace(pod(GATED, 1), gates=(GANG_GATE, QUOTA_GATE))), []),
    "all are there": ((pod(GATED, 0), pod(GATED, 1)), ["iris-w0-0", "iris-w1-0"]),
    "the operator was killed after the first": ((pod(UNGATED, 0), pod(GATED, 1)), ["iris-w1-0"]),
    "the first has a machine already": ((pod(STARTS, 0), pod(GATED, 1)), ["iris-w1-0"]),
    "an attempt before is no part of it": ((pod(GATED, 0), pod(GATED, 1, 7)), []),
}


@pytest.mark.parametrize(("pods", "wanted"), LET_GO.values(), ids=LET_GO)
def test_the_gates_are_opened_for_all_at_once(pods: tuple[Pod, ...], wanted: list[str]) -> None:
    plan = decide(world(status(*pair(), THIRD_WAITS), *pods), SETTINGS)
    assert [change.name for change in plan.changes if isinstance(change, Ungate)] == wanted


def test_what_is_made_before_the_gang_is_placed_has_a_gate_and_what_comes_later_has_none() -> None:
    def gates(stored: Status, *pods: Pod) -> dict[str, list[Any]]:
        bodies = [
            change.body for change in decide(world(stored, *pods), SETTINGS).changes if isinstance(change, Create)
        ]
        return {body["metadata"]["name"]: body["spec"].get("schedulingGates", []) for body in bodies}

    held = [{"name": GANG_GATE}]
    assert gates(status(*pair("Creating"))) == {"iris-w0-0": held, "iris-w1-0": held}
    assert gates(status(*pair(), THIRD_WAITS), pod(STARTS, 0), pod(STARTS, 1)) == {"iris-w2-0": []}
    running = status(*pair("Running"), a_worker(index=2), placed=True)
    assert gates(running, pod(a_pod(made_from=TEAM), 0), pod(a_pod(made_from=TEAM), 2)) == {"iris-w1-1": []}


def test_a_place_in_kueues_group_is_filled_anew_once_who_leaves_it_has_ended() -> None:
    running = status(*pair("Running"), a_worker(index=2), placed=True, formation=3)
    stays, leaves, beyond = (pod(a_pod(made_from=TEAM), index) for index in (0, 1, 2))

    def made(**fields: Any) -> list[str]:
        seen = world(running, stays, replace(leaves, deleting=True, **fields), beyond)
        return [
            change.body["metadata"]["name"] for change in decide(seen, SETTINGS).changes if isinstance(change, Create)
        ]

    assert made(group="iris-uid-iris-3") == []
    assert made(group="iris-uid-iris-3", phase="Failed") == ["iris-w1-1"]
    assert made(group="iris-uid-iris-2") == ["iris-w1-1"]  # of a former formation
    assert made() == ["iris-w1-1"]


def test_a_gang_that_gave_back_takes_its_pods_away_and_says_so() -> None:
    plan = decide(world(status(*pair(), THIRD_WAITS, half_since=ago(60)), pod(STARTS, 0), pod(UNGATED, 1)), SETTINGS)
    assert [(type(change).__name__, change.name) for change in plan.changes if not isinstance(change, Create)] == [
        ("Delete", "iris-w0-0"),
        ("Delete", "iris-w1-0"),
    ]
    assert plan.status.diagnosis == (
        "machines were found for some of the 2 workers that start together, and not for the others within 60 s: all "
        f"gave them back, and try again at {AGAIN_AT[11:19]} UTC"
    )
    assert plan.status.restarts == a_status().restarts  # no loss of any kind
    assert plan.wake_seconds == PAUSE_SECONDS
    after = decide(world(plan.status), SETTINGS)
    assert after.status == plan.status  # it rests, and says the same


def test_a_crash_before_the_gang_is_placed_is_told_and_counted() -> None:
    seen = world(status(*pair(), THIRD_WAITS), an_ended_pod(1, made_from=TEAM), pod(UNGATED, 1))
    plan = decide(seen, SETTINGS)
    assert (plan.status.phase, plan.status.restarts.crashes) == ("Restarting", 1)


HALF = (
    "some of the 2 workers that start together have machines, and give them back at 12:00:01 UTC "
    "unless all have by then"
)


def test_half_a_gang_says_until_when_and_what_the_others_wait_for() -> None:
    lacks = replace(pod(UNGATED, 1), unschedulable="0/1 nodes are available: 1 Too many pods.")
    seen = world(status(*pair(), THIRD_WAITS, half_since=ago(59)), pod(STARTS, 0), lacks)
    stored = decide(seen, SETTINGS).status
    assert stored.diagnosis == f"{HALF}: no machine takes worker 1: {lacks.unschedulable}"
    assert stored.conditions[0].reason == "GangWaits"


def test_pauses_grow_and_differ_from_job_to_job() -> None:
    assert pause_seconds("a", NEXT) != pause_seconds("b", NEXT)
    for given_back, longest in ((1, 9), (2, 18), (4, 72), (50, 576)):
        gang = GangStatus(formation=given_back, given_back=given_back)
        assert longest / 9 <= pause_seconds("uid", gang) <= longest


def test_two_gangs_that_fit_only_alone_do_not_keep_half_each() -> None:
    """The scheduler gives each half of the machines, again and again; one job gets both all the same."""
    machines, seconds = 2, 0.0
    jobs = {uid: status() for uid in ("uid-a", "uid-b")}
    pods: dict[str, dict[tuple[int, int], Pod]] = {uid: {} for uid in jobs}

    def placed() -> list[str]:
        return [uid for uid, stored in jobs.items() if stored.workers.gang and stored.workers.gang.placed]

    while not placed():
        assert seconds < 600, "neither was placed"
        for uid, stored in jobs.items():
            key = a_job().key._replace(uid=uid)
            job = replace(a_job(stored, gang="strict", least=2, replicas=2, patience_s=5), key=key)
            seen = World(NOW + timedelta(seconds=seconds), job, tuple(pods[uid].values()))
            plan = decide(seen, SETTINGS)
            jobs[uid] = plan.status
            wanted = {(worker.index, worker.attempt) for worker in plan.status.workers.members}
            pods[uid] = {place: known for place, known in pods[uid].items() if place in wanted}
            for change in plan.changes:
                if isinstance(change, Create) and INDEX in change.body["metadata"]["labels"]:
                    index, attempt = (int(change.body["metadata"]["labels"][label]) for label in (INDEX, ATTEMPT))
                    pods[uid][index, attempt] = replace(pod(GATED, index, attempt), template_hash=HASH_OF_TWO)
                if isinstance(change, Ungate):
                    place = next(place for place, known in pods[uid].items() if known.name == change.name)
                    pods[uid][place] = replace(pods[uid][place], gates=())
        held = sum(known.scheduled for of in pods.values() for known in of.values())
        for index in range(2):  # one of each job in turn: as unfair as a scheduler may be
            for uid in jobs:
                for place, known in pods[uid].items():
                    if place[0] == index and not known.scheduled and not known.gates and held < machines:
                        pods[uid][place], held = replace(known, scheduled=True), held + 1
        seconds += 0.5
    assert len(placed()) == 1


HASH_OF_TWO = a_pod(made_from=a_spec(gang="strict", least=2, replicas=2)).template_hash
