"""A team with enough workers trains, and says what the others wait for."""

import pytest

from lsml_operator.api.status import Status
from lsml_operator.decide.short_handed import short_handed
from lsml_operator.world import Decision, Pod, Refusal, World
from unit.operator.builders import (
    Json,
    a_coordinator,
    a_coordinators_pod,
    a_pod,
    a_report,
    a_spec,
    a_status,
    a_worker,
    a_world,
    ago,
    an_ended_pod,
)

THREE: Json = {"replicas": 3, "least": 2}
HERE: Json = {"made_from": a_spec(**THREE)}
COORDINATOR = a_coordinators_pod(**HERE)


def status(third: str = "Pending", **fields: object) -> Status:
    members = (a_worker(), a_worker(index=1), a_worker(0, third, index=2, **fields))
    return a_status(*members, coordinator=a_coordinator(), phase="Running")


def world(*pods: Pod, of: Status | None = None, **more: object) -> World:
    spec = {**THREE, **more}
    return a_world(of or status(), COORDINATOR, a_pod(**HERE), *pods, report=a_report(), **spec)


SECOND = a_pod(index=1, **HERE)


def says(words: str) -> Decision:
    return Decision("Running", "Running", f"training, 2 of 3 workers{words}")


CASES: dict[str, tuple[World, Decision | None]] = {
    "all are there": (world(SECOND, a_pod(index=2, **HERE)), None),
    "too few are there": (world(a_pod(0, "Pending", index=1, **HERE)), None),
    "the third starts": (world(SECOND, a_pod(0, "Pending", index=2, **HERE)), says("")),
    "no machine takes the third": (
        world(SECOND, a_pod(0, "Pending", index=2, unschedulable="Insufficient cpu", **HERE)),
        says(": no machine takes worker 2: Insufficient cpu"),
    ),
    "the third was lost": (
        world(SECOND, an_ended_pod(1, index=2, **HERE), of=status("Running")),
        says(": worker 2 (attempt 0) ended: exit code 1"),
    ),
    "the third waits for its turn": (
        world(SECOND, of=status("Waiting", not_before=ago(-20))),
        says(": worker 2 ended; attempt 0 begins at 12:00:20 UTC"),
    ),
    "the third is refused": (
        world(SECOND, of=status("Creating"), refusals=(Refusal("pod iris-w2-0", 403, "exceeded quota: small"),)),
        Decision(
            "Running",
            "Running",
            "training, 2 of 3 workers: pod iris-w2-0 was refused: exceeded quota: small",
            wake_seconds=15,
        ),
    ),
    "and there is no coordinator": (
        a_world(status(), a_pod(**HERE), SECOND, a_pod(0, "Pending", index=2, **HERE), **THREE),
        None,
    ),
}


@pytest.mark.parametrize(("world", "wanted"), CASES.values(), ids=CASES)
def test_short_handed(world: World, wanted: Decision | None) -> None:
    assert short_handed(world) == wanted
