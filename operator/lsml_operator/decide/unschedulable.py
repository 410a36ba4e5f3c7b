"""No machine takes a worker: the user reads the scheduler's reason, and what would help."""

import re

from lsml_operator.desired.pod import worker_resources
from lsml_operator.world import Decision, Later, World

LACKING = re.compile(r"(\d+) Insufficient ([\w./-]*\w)")
OBSTACLES = (
    ("persistentvolumeclaim", "not found", "ClaimNotFound", "create the claim that it names"),
    ("unbound", "PersistentVolumeClaims", "ClaimUnbound", "its claim has no volume: kubectl describe pvc says why"),
    ("didn't match", "node affinity/selector", "NoNodeMatches", "loosen template.nodeSelector or affinity"),
    ("untolerated", "taint", "TaintNotTolerated", "add a toleration to template.tolerations"),
)
"""Words of the scheduler, the reason to call it by, and what would help."""


def unschedulable(world: World) -> Decision | Later | None:
    """Wait for a machine, with the scheduler's own words."""
    for pod in world.intended_pods:
        if pod.phase == "Pending" and (words := pod.unschedulable):
            lacking = "" if pod.coordinates else _lacking(world, words)
            found = [(reason, remedy) for one, two, reason, remedy in OBSTACLES if one in words and two in words]
            advice = [*([lacking] if lacking else []), *(remedy for _, remedy in found)]
            said = f"no machine takes {pod.role}: {words}"
            message = "; ".join([said.rstrip(". "), *advice]) if advice else said
            findings = (*(["TooLarge"] if lacking else []), *(reason for reason, _ in found))[:2]
            return Decision("Pending", "Unschedulable", message, findings=findings)
    return None


def _lacking(world: World, words: str) -> str:
    """What a worker asks of each resource that nodes lack, the one that the fewest lack first."""
    resources = worker_resources(world.job.raw_spec)
    asked = {**resources["limits"], **resources["requests"]}
    lacked = sorted((int(nodes), name) for nodes, name in LACKING.findall(words))
    parts = [f"{name} {asked[name]} (too little is left on {nodes})" for nodes, name in lacked if name in asked]
    return f"a worker asks for {', '.join(parts)}" if parts else ""
