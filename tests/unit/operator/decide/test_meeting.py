"""Where the workers of a team meet: each coordinator that is lost is counted once, and replaced at once."""

import pytest

from lsml_operator.api.status import Restarts
from lsml_operator.decide.meeting import NOWHERE, Meeting, leaving, meeting
from lsml_operator.world import Event, World
from unit.operator.builders import a_coordinator, a_coordinators_pod, a_pod, a_spec, a_status, a_world, ago

OTHER = a_spec(template={"labels": {"a": "b"}}, replicas=2)
SAME = a_spec(replicas=2)


def stored(attempt: int = 0, state: str = "Running", **fields: object) -> World:
    """A team of two whose status has this coordinator, and nobody is seen."""
    return a_world(a_status(coordinator=a_coordinator(attempt, state, **fields)), replicas=2)


def seen(attempt: int = 0, phase: str = "Running", *, state: str = "Running", **fields: object) -> World:
    """The same, and its pod is seen."""
    pod = a_coordinators_pod(attempt, phase, **{"made_from": SAME, **fields})
    return a_world(a_status(coordinator=a_coordinator(attempt, state)), pod, replicas=2)


def replaced(why: str, attempt: int = 0) -> Meeting:
    event = Event("Normal", "CoordinatorReplaced", f"coordinator (attempt {attempt}) ended: {why}")
    return Meeting(a_coordinator(attempt + 1, "Creating"), event)


AT = ago(-1).replace("Z", ".000Z")

CASES: dict[str, tuple[World, Meeting]] = {
    "a worker alone meets nobody": (a_world(a_status()), NOWHERE),
    "a team of one at most": (a_world(a_status(), most=1), NOWHERE),
    "one worker, but there may be more": (
        a_world(a_status(), most=2),
        Meeting(a_coordinator(0, "Creating", address=None)),
    ),
    "after one that still goes": (
        a_world(a_status(), a_coordinators_pod(4, deleting=True), replicas=2),
        Meeting(a_coordinator(5, "Creating", address=None)),
    ),
    "its pod was not seen yet": (stored(0, "Creating"), Meeting(a_coordinator(0, "Creating"))),
    "its address is heard": (
        a_world(a_status(coordinator=a_coordinator(0, "Creating", address=None)), replicas=2, address="10.96.0.9"),
        Meeting(a_coordinator(0, "Creating", address="10.96.0.9")),
    ),
    "its address stays": (
        a_world(a_status(coordinator=a_coordinator(0, "Creating")), replicas=2, address="10.96.0.9"),
        Meeting(a_coordinator(0, "Creating")),
    ),
    "pending": (seen(0, "Pending", state="Creating"), Meeting(a_coordinator(0, "Pending"))),
    "running": (seen(0, state="Pending"), Meeting(a_coordinator())),
    "its pod is gone": (stored(), replaced("its pod was deleted")),
    "its pod is being deleted": (seen(3, deleting=True), replaced("its pod was deleted", 3)),
    "its node is lost": (
        seen(3, deleting=True, node="node-1", node_is_silent=True),
        replaced("its node node-1 does not answer", 3),
    ),
    "evicted": (seen(0, "Failed", pod_reason="Evicted"), replaced("Evicted")),
    "its node refused it: after a second": (
        seen(0, "Failed", pod_reason="OutOfcpu", age_s=1),
        Meeting(
            a_coordinator(1, "Waiting", not_before=AT),
            Event("Normal", "CoordinatorReplaced", "coordinator (attempt 0) ended: OutOfcpu"),
            1.0,
        ),
    ),
    "the second is not over": (
        stored(1, "Waiting", not_before=AT),
        Meeting(a_coordinator(1, "Waiting", not_before=AT), wake_seconds=1.0),
    ),
    "the second is over": (stored(1, "Waiting", not_before=ago(0)), Meeting(a_coordinator(1, "Creating"))),
    "the template was changed while it runs: left alone": (seen(0, made_from=OTHER), Meeting(a_coordinator())),
    "the template was changed while it waits: that may be the remedy": (
        seen(0, "Pending", state="Pending", made_from=OTHER),
        replaced("its template was changed"),
    ),
}


@pytest.mark.parametrize(("world", "wanted"), CASES.values(), ids=CASES)
def test_meeting(world: World, wanted: Meeting) -> None:
    assert meeting(world) == wanted


def test_nobody_coordinates_any_more_and_that_is_forgotten_once_the_service_is_gone() -> None:
    gone = a_coordinator(2, "Leaving")
    assert leaving(a_world(replicas=2)) == Meeting(None)
    assert leaving(seen(2)) == Meeting(gone)
    assert leaving(a_world(a_status(coordinator=gone), replicas=2)) == Meeting(gone)
    assert leaving(a_world(a_status(coordinator=gone), replicas=2, address="")) == Meeting(None)
    assert leaving(a_world(a_status(coordinator=a_coordinator(2)), replicas=2, address="")) == Meeting(gone)


def test_resumed_before_the_service_is_gone_it_is_made_anew() -> None:
    held = a_world(a_status(coordinator=a_coordinator(2, "Leaving")), replicas=2, address="")
    assert meeting(held) == Meeting(a_coordinator(3, "Creating", address=None))


def test_a_loss_is_counted_under_its_own_name() -> None:
    assert meeting(stored()).counted(Restarts(crashes=2)) == Restarts(crashes=2, coordinator=1)
    assert meeting(seen()).counted(Restarts(crashes=2)) == Restarts(crashes=2)


def test_the_workers_pods_do_not_matter() -> None:
    world = a_world(a_status(coordinator=a_coordinator()), a_pod(), replicas=2)
    assert meeting(world) == replaced("its pod was deleted")
