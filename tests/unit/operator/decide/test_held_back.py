"""Whoever put a gate on a pod is named, with what would help."""

import pytest

from lsml_operator.decide.held_back import held_back
from lsml_operator.labels import GANG_GATE, QUOTA_GATE
from lsml_operator.world import Decision, World
from unit.operator.builders import a_coordinator, a_coordinators_pod, a_pod, a_status, a_worker, a_world

PENDING = a_status(a_worker(0, "Pending"), phase="Pending")
QUOTA = (
    "worker 0 waits for quota of the queue team-a: Kueue has not admitted it yet; kubectl describe localqueue team-a "
    "shows what the queue has, and whether it is there at all"
)
LACKING = (
    "couldn't assign flavors to pod set main: insufficient unused quota for cpu in flavor any-machine, 100m more needed"
)
NO_QUEUE = (
    "Kueue holds the coordinator back, which has no queue; set the label kueue.x-k8s.io/queue-name in "
    "workers.template.labels, which all pods of the job have"
)
FOREIGN = "worker 0 is held back by the scheduling gate example.com/audit, until whoever put it there takes it off"

CASES: dict[str, tuple[World, Decision | None]] = {
    "nobody": (a_world(PENDING, a_pod(0, "Pending")), None),
    "Kueue": (
        a_world(PENDING, a_pod(0, "Pending", gates=(QUOTA_GATE,), queue="team-a")),
        Decision("Pending", "WaitsForQuota", QUOTA),
    ),
    "Kueue, which says how much is lacking": (
        a_world(PENDING, a_pod(0, "Pending", gates=(QUOTA_GATE,), queue="team-a", quota=LACKING)),
        Decision("Pending", "WaitsForQuota", f"worker 0 waits for quota of the queue team-a: {LACKING}"),
    ),
    "Kueue, in a gang that waits for itself, too": (
        a_world(PENDING, a_pod(0, "Pending", gates=(GANG_GATE, QUOTA_GATE), queue="team-a")),
        Decision("Pending", "WaitsForQuota", QUOTA),
    ),
    "Kueue, where it holds back what has no queue": (
        a_world(
            a_status(a_worker(), coordinator=a_coordinator(0, "Pending")),
            a_pod(),
            a_coordinators_pod(0, "Pending", gates=(QUOTA_GATE,)),
        ),
        Decision("Pending", "WaitsForQuota", NO_QUEUE),
    ),
    "somebody else": (
        a_world(PENDING, a_pod(0, "Pending", gates=("example.com/audit",))),
        Decision("Pending", "SchedulingGated", FOREIGN),
    ),
    "its own gang: for a moment": (a_world(PENDING, a_pod(0, "Pending", gates=(GANG_GATE,))), None),
    "a pod that is not intended": (a_world(a_status(a_worker(1)), a_pod(0, "Pending", gates=(QUOTA_GATE,))), None),
}


@pytest.mark.parametrize(("world", "wanted"), CASES.values(), ids=CASES)
def test_held_back(world: World, wanted: Decision | None) -> None:
    assert held_back(world) == wanted
