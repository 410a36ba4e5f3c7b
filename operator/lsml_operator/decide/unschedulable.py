"""No machine takes a worker: the user reads the scheduler's reason."""

from lsml_operator.world import Decision, Later, World


def unschedulable(world: World) -> Decision | Later | None:
    """Wait for a machine, with the scheduler's own words."""
    for member in world.members:
        pod = member.pod
        if pod is not None and pod.phase == "Pending" and pod.unschedulable:
            return Decision("Pending", "Unschedulable", f"no machine takes worker {pod.index}: {pod.unschedulable}")
    return None
