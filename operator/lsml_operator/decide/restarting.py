"""A job whose worker was lost and is about to be replaced."""

from lsml_operator.decide.muster import muster
from lsml_operator.world import Decision, Later, World


def restarting(world: World) -> Decision | Later | None:
    """Say who was lost and when the next attempt begins."""
    found = muster(world)
    if found.losses:
        return Decision("Restarting", found.losses[-1].reason, found.losses[-1].message)
    for worker in found.workers:
        if worker.not_before is not None:
            return _waiting(world, worker.index, worker.attempt, worker.not_before)
    return None


def _waiting(world: World, index: int, attempt: int, not_before: str) -> Decision:
    said = world.status.diagnosis if world.status.phase == "Restarting" else None
    why = said.split("; attempt ")[0] if said else f"worker {index} ended"
    return Decision("Restarting", "BackOff", f"{why}; attempt {attempt} begins at {not_before[11:19]} UTC")
