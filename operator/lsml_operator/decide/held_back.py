"""A pod that the scheduler may not look at yet: who holds it back, and what would help."""

from lsml_operator.labels import GANG_GATE, QUEUE, QUOTA_GATE
from lsml_operator.world import Decision, Later, Pod, World


def held_back(world: World) -> Decision | Later | None:
    """Wait for whoever put a scheduling gate on a pod; a gang's own is opened as soon as all of it is there."""
    for pod in world.intended_pods:
        if QUOTA_GATE in pod.gates:
            return Decision("Pending", "WaitsForQuota", _waits_for_quota(pod))
        if foreign := [gate for gate in pod.gates if gate != GANG_GATE]:
            said = (
                f"{pod.role} is held back by the scheduling gate {foreign[0]}, until whoever put it there takes it off"
            )
            return Decision("Pending", "SchedulingGated", said)
    return None


def _waits_for_quota(pod: Pod) -> str:
    if pod.queue is None:
        return (
            f"Kueue holds {pod.role} back, which has no queue; set the label {QUEUE} in workers.template.labels, which "
            "all pods of the job have"
        )
    why = pod.quota or (
        f"Kueue has not admitted it yet; kubectl describe localqueue {pod.queue} shows what the queue has, and whether "
        "it is there at all"
    )
    return f"{pod.role} waits for quota of the queue {pod.queue}: {why}"
