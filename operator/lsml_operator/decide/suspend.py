"""A suspended job has no workers."""

from lsml_operator.world import Decision, Later, World


def suspend(world: World) -> Decision | Later | None:
    """Hold a job whose author asked for it."""
    if not world.spec.suspend:
        return None
    return Decision("Suspended", "Suspended", "spec.suspend is true; set it to false to train")
