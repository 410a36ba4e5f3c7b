"""No machine takes a worker: the user reads the scheduler's reason."""

from lsml_operator.world import Decision, Later, World


def unschedulable(world: World) -> Decision | Later | None:
    """Wait for a machine, with the scheduler's own words."""
    for pod in world.intended_pods:
        if pod.phase == "Pending" and pod.unschedulable:
            return Decision("Pending", "Unschedulable", f"no machine takes {pod.role}: {pod.unschedulable}")
    return None
