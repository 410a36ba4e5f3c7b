"""A job is held while its author says so."""

import pytest

from lsml_operator.decide.suspend import suspend
from lsml_operator.world import Decision, World
from unit.operator.builders import a_pod, a_status, a_worker, a_world

HELD = Decision("Suspended", "Suspended", "spec.suspend is true; set it to false to train")

CASES: dict[str, tuple[World, Decision | None]] = {
    "unset": (a_world(), None),
    "false": (a_world(suspend=False), None),
    "true from the start": (a_world(suspend=True), HELD),
    "true in mid-run": (a_world(a_status(a_worker(), phase="Running"), a_pod(), suspend=True), HELD),
}


@pytest.mark.parametrize(("world", "wanted"), CASES.values(), ids=CASES)
def test_suspend(world: World, wanted: Decision | None) -> None:
    assert suspend(world) == wanted
