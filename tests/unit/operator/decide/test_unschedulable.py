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
    "a machine that is too small: what the fewest nodes lack comes first": (
        a_world(
            PENDING,
            a_pod(0, "Pending", unschedulable="0/3 nodes are available: 1 Insufficient cpu, 2 Insufficient memory."),
            resources={"limits": {"memory": "64Gi"}, "requests": {"cpu": 6}},
        ),
        Decision(
            "Pending",
            "Unschedulable",
            "no machine takes worker 0: 0/3 nodes are available: 1 Insufficient cpu, 2 Insufficient memory; a worker "
            "asks for cpu 6 (too little is left on 1), memory 64Gi (too little is left on 2)",
            findings=("TooLarge",),
        ),
    ),
    "a claim that is not there": (
        a_world(PENDING, a_pod(0, "Pending", unschedulable='persistentvolumeclaim "models" not found')),
        Decision(
            "Pending",
            "Unschedulable",
            'no machine takes worker 0: persistentvolumeclaim "models" not found; create the claim that it names',
            findings=("ClaimNotFound",),
        ),
    ),
    "a claim without a volume": (
        a_world(PENDING, a_pod(0, "Pending", unschedulable="pod has unbound immediate PersistentVolumeClaims.")),
        Decision(
            "Pending",
            "Unschedulable",
            "no machine takes worker 0: pod has unbound immediate PersistentVolumeClaims; its claim has no volume: "
            "kubectl describe pvc says why",
            findings=("ClaimUnbound",),
        ),
    ),
    "no node has its labels, and one a taint": (
        a_world(
            PENDING,
            a_pod(
                0,
                "Pending",
                unschedulable="0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) "
                "had untolerated taint {spot: true}.",
            ),
        ),
        Decision(
            "Pending",
            "Unschedulable",
            "no machine takes worker 0: 0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, "
            "1 node(s) had untolerated taint {spot: true}; loosen template.nodeSelector or affinity; add a toleration "
            "to template.tolerations",
            findings=("NoNodeMatches", "TaintNotTolerated"),
        ),
    ),
    "a machine was found meanwhile": (a_world(PENDING, a_pod(unschedulable=WORDS)), None),
    "a pod that is not intended": (a_world(a_status(a_worker(1)), a_pod(0, "Pending", unschedulable=WORDS)), None),
}


@pytest.mark.parametrize(("world", "wanted"), CASES.values(), ids=CASES)
def test_unschedulable(world: World, wanted: Decision | None) -> None:
    assert unschedulable(world) == wanted
