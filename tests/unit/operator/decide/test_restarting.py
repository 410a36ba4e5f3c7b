"""Who was lost, and when the next attempt begins."""

import pytest

from lsml_operator.decide.restarting import restarting
from lsml_operator.world import Decision, World
from unit.operator.builders import a_pod, a_status, a_worker, a_world, ago, an_ended_pod

WAITING = a_worker(1, "Waiting", not_before=ago(-20))
LOST = "worker 0 (attempt 0) ended: exit code 1"

CASES: dict[str, tuple[World, Decision | None]] = {
    "new": (a_world(), None),
    "it runs": (a_world(a_status(a_worker(), phase="Running"), a_pod()), None),
    "it crashed": (
        a_world(a_status(a_worker(), phase="Running"), an_ended_pod(1)),
        Decision("Restarting", "WorkerCrashed", LOST),
    ),
    "its back-off runs": (
        a_world(a_status(WAITING, phase="Restarting", reason="WorkerCrashed", message=LOST), an_ended_pod(1)),
        Decision("Restarting", "BackOff", f"{LOST}; attempt 1 begins at 12:00:20 UTC"),
    ),
    "its back-off still runs: the same words": (
        a_world(
            a_status(WAITING, phase="Restarting", reason="BackOff", message=f"{LOST}; attempt 1 begins at 12:00:20 UTC")
        ),
        Decision("Restarting", "BackOff", f"{LOST}; attempt 1 begins at 12:00:20 UTC"),
    ),
    "its back-off runs, and why is not known any more": (
        a_world(a_status(WAITING, phase="Pending", message="no quota")),
        Decision("Restarting", "BackOff", "worker 0 ended; attempt 1 begins at 12:00:20 UTC"),
    ),
    "its back-off is over": (
        a_world(a_status(a_worker(1, "Waiting", not_before=ago(0)), phase="Restarting")),
        None,
    ),
    "its next attempt is being created": (a_world(a_status(a_worker(1, "Creating"), phase="Restarting")), None),
}


@pytest.mark.parametrize(("world", "wanted"), CASES.values(), ids=CASES)
def test_restarting(world: World, wanted: Decision | None) -> None:
    assert restarting(world) == wanted
