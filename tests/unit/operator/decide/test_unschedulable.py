"""The scheduler's own words."""

import pytest

from lsml_operator.decide.unschedulable import unschedulable
from lsml_operator.world import Decision, World
from unit.operator.builders import a_pod, a_status, a_worker, a_world

PENDING = a_status(a_worker(state="Pending"), phase="Pending")
WORDS = "0/3 nodes are available: 3 Insufficient nvidia.com/gpu"

CASES: dict[str, tuple[World, Decision | None]] = {
    "no pod yet": (a_world(PENDING), None),
    "pending, but nobody complains": (a_world(PENDING, a_pod(0, "Pending")), None),
    "no machine": (
        a_world(PENDING, a_pod(0, "Pending", unschedulable=WORDS)),
        Decision("Pending", "Unschedulable", f"no machine takes worker 0: {WORDS}"),
    ),
    "a machine was found meanwhile": (a_world(PENDING, a_pod(unschedulable=WORDS)), None),
    "a pod that is not intended": (a_world(a_status(a_worker(1)), a_pod(0, "Pending", unschedulable=WORDS)), None),
}


@pytest.mark.parametrize(("world", "wanted"), CASES.values(), ids=CASES)
def test_unschedulable(world: World, wanted: Decision | None) -> None:
    assert unschedulable(world) == wanted
