"""A job that waits for its workers, and for nothing that anybody could put right."""

from lsml_operator.decide.muster import muster
from lsml_operator.world import Decision, Later, World


def starting(world: World) -> Decision | Later | None:
    """Pending until as many workers run as the job needs."""
    running, needed = muster(world).there, world.spec.workers.min
    if running >= needed:
        return None
    return Decision("Pending", "Starting", f"{running} of {needed} workers run, the others are being started")
