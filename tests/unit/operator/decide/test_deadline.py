"""A job may not run longer than its author allows."""

import pytest

from lsml_operator.decide.deadline import deadline
from lsml_operator.world import Decision, Later, World
from unit.operator.builders import a_status, a_world

CASES: dict[str, tuple[World, Decision | Later | None]] = {
    "no limit, no opinion": (a_world(a_status(started_s=9_999)), None),
    "not started, no opinion": (a_world(deadline_s=60), None),
    "suspended time is free: its clock is taken off": (a_world(a_status(phase="Suspended"), deadline_s=60), None),
    "just started": (a_world(a_status(started_s=0), deadline_s=60), Later(60)),
    "not due yet: look again when it is": (a_world(a_status(started_s=45), deadline_s=60), Later(15)),
    "a second before": (a_world(a_status(started_s=59), deadline_s=60), Later(1)),
    "due to the second": (
        a_world(a_status(started_s=60), deadline_s=60),
        Decision("Failed", "DeadlineExceeded", "ran 60 s, 60 s allowed"),
    ),
    "nobody looked for a while": (
        a_world(a_status(started_s=3600), deadline_s=60),
        Decision("Failed", "DeadlineExceeded", "ran 3600 s, 60 s allowed"),
    ),
    "started in the future: the clock was put back": (a_world(a_status(started_s=-30), deadline_s=60), Later(90)),
}


@pytest.mark.parametrize(("world", "wanted"), CASES.values(), ids=CASES)
def test_deadline(world: World, wanted: Decision | Later | None) -> None:
    assert deadline(world) == wanted
