"""What ended stays ended, and is deleted when its author said."""

import pytest

from lsml_operator.decide.finished import finished
from lsml_operator.world import Decision, World
from unit.operator.builders import a_condition, a_status, a_succeeded_status, a_world, an_ended_pod


def completed(wake_s: float | None = None) -> Decision:
    return Decision("Succeeded", "Completed", "every worker is done", wake_seconds=wake_s)


FAILED = (a_condition("Failed", "Diverged", message="loss"),)
FAILED_STATUS = a_status(phase="Failed", message="loss", ended_s=40, conditions=FAILED)

CASES: dict[str, tuple[World, Decision | None]] = {
    "new: no opinion": (a_world(), None),
    "running: no opinion": (a_world(a_status(phase="Running", started_s=60)), None),
    "a condition that does not hold is no end": (
        a_world(a_status(conditions=(a_condition("Failed", "Diverged", holds=False),))),
        None,
    ),
    "succeeded, to be kept": (a_world(a_succeeded_status(ended_s=40)), completed()),
    "succeeded, 60 s to live": (
        a_world(a_succeeded_status(ended_s=40), ttl_s=100),
        completed(60),
    ),
    "succeeded, deleted now: again in 15 s, if that is refused (FAULTS 20)": (
        a_world(a_succeeded_status(ended_s=100), ttl_s=100),
        completed(15),
    ),
    "succeeded, long overdue": (
        a_world(a_succeeded_status(ended_s=999), ttl_s=0),
        completed(15),
    ),
    "failed": (a_world(FAILED_STATUS), Decision("Failed", "Diverged", "loss")),
    "failed, its condition cut short: the diagnosis tells all": (
        a_world(a_status(phase="Failed", message="loss: all of it", ended_s=40, conditions=FAILED)),
        Decision("Failed", "Diverged", "loss: all of it"),
    ),
    "failed, and nothing but a condition is stored": (
        a_world(a_status(ended_s=40, conditions=FAILED)),
        Decision("Failed", "Diverged", "loss"),
    ),
    "failed, and a pod says otherwise": (
        a_world(FAILED_STATUS, an_ended_pod(0)),
        Decision("Failed", "Diverged", "loss"),
    ),
    "failed, its spec never understood: it stays": (
        a_world(FAILED_STATUS, algorithm={"alchemy": {}}, ttl_s=1),
        Decision("Failed", "Diverged", "loss"),
    ),
}


@pytest.mark.parametrize(("world", "wanted"), CASES.values(), ids=CASES)
def test_finished(world: World, wanted: Decision | None) -> None:
    assert finished(world) == wanted
