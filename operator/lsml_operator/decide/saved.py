"""From which checkpoint a job would go on. Pure."""

from lsml_operator.decide.fate import ending
from lsml_operator.world import World
from lsml_trainer.spec import Report, SavedCheckpoint


def saved(world: World, heard: Report | None) -> SavedCheckpoint | None:
    """The last one that was told of; `heard` is what the workers last said.

    Who is asked to leave makes one more, and says so when it ends, though nobody intends it to be there any more.
    """
    told, stored = _of(heard), world.status.checkpoint
    last = told or stored
    if told and stored and told.time is None and told.step == stored.step:
        last = stored  # who goes on from it does not know when it was made
    if world.status.completion_time is not None:
        return last
    for pod in world.pods:
        said = ending(pod)
        left = _of(said.report) if said else None
        if left is not None and _step(left) > _step(last):
            last = left
    return last


def _of(report: Report | None) -> SavedCheckpoint | None:
    """Without its problem, which is part of the diagnosis."""
    said = report.checkpoint if report else None
    return SavedCheckpoint(uri=said.uri, step=said.step, time=said.time, bytes=said.bytes) if said else None


def _step(checkpoint: SavedCheckpoint | None) -> int:
    return (checkpoint and checkpoint.step) or 0
