"""How far a job is, of all that was heard: forward, and back only where steps are really lost. Pure.

                    ┌──── all who did are lost, or it is resumed ───┐
                    │                                               ▼
             somebody trains ◄──── it is gone on from ──── the last checkpoint, or step 0

A worker that loads its data, that was stopped for a while, or of whom a new coordinator hears first knows less than
what is stored, and takes nothing back. A program of one's own (`algorithm.container`) counts as it likes. Who only
predicts loses nothing: the parts that are done are kept.
"""

from datetime import datetime
from typing import NamedTuple

from lsml_operator.api.status import Status
from lsml_operator.decide.muster import Muster
from lsml_operator.decide.saved import saved
from lsml_operator.texts import stamp
from lsml_operator.world import Decision, Event, World
from lsml_trainer.spec import Progress, Report, SavedCheckpoint

BEHIND_SECONDS = 30.0
"""Who is only behind has caught up by then, by the workers' own clocks."""
UNBEGUN = ("Starting", "LoadingData")
HELD = ("Suspended", "Succeeded", "Failed")


class Position(NamedTuple):
    """How far it is, and what is told where that is less than it was."""

    progress: Progress | None
    step_back: Event | None = None


def position(world: World, decision: Decision, found: Muster, heard: Report | None) -> Position:
    """What to store; `heard` is what the workers last said."""
    stored = world.status.progress
    if stored is None or world.job.spec is None or world.spec.container is not None:
        return Position(heard.progress if heard else stored)
    if decision.phase not in HELD and _is_lost(world, stored, found):
        return Position(_unhurried(stored)) if world.spec.model else _at_checkpoint(world, stored, saved(world, heard))
    if heard is None or _is_behind(stored, heard) or (decision.phase not in HELD and not _is_of_now(world, heard)):
        return Position(stored)
    return Position(heard.progress)


def rests(status: Status) -> bool:
    """Whether its progress is that of the checkpoint that nobody has gone on from yet."""
    progress, checkpoint = status.progress, status.checkpoint
    return progress is not None and checkpoint is not None and progress.updated_at == checkpoint.time


def _is_lost(world: World, progress: Progress, found: Muster) -> bool:
    """Whether nobody is left who can have trained.

    Who is asked to leave may make a checkpoint yet: until all of them have ended, or the next one runs, it is not known
    what is lost.
    """
    stored = world.status
    trained = {(one.index, one.attempt) for one in stored.workers.members if one.state in ("Running", "Ended")}
    left = {(one.index, one.attempt) for one in found.workers}
    if stored.phase != "Suspended" and trained & left:
        return False
    if not found.there and any(
        not pod.ended and (pod.deleting or (pod.index, pod.attempt) not in left) for pod in world.pods
    ):
        return False
    return stored.phase == "Suspended" or bool(trained) or (progress.step > 0 and not rests(stored))


def _unhurried(stored: Progress) -> Progress:
    """As far as it was, at no speed: nobody is there who has one."""
    return stored.model_copy(update={"samples_per_second": None, "estimated_seconds_remaining": None})


def _at_checkpoint(world: World, stored: Progress, checkpoint: SavedCheckpoint | None) -> Position:
    """What is left of it, as of when that was true; of what is not known nothing is said."""
    now = stamp(world.now, "milliseconds")
    step = (checkpoint and checkpoint.step) or 0
    share = 100.0 * step / stored.total_steps if stored.total_steps else 0.0
    left = Progress(
        percent=min(100.0, share),
        step=step,
        total_steps=stored.total_steps,
        updated_at=(checkpoint and checkpoint.time) or (stored.updated_at if step == stored.step else now),
    )
    if step >= stored.step:
        return Position(left)
    whence = f"training goes on from the checkpoint of step {step}" if step else "training begins anew"
    lost = f"nobody is left who was at step {stored.step}: {whence}, and {stored.step - step} steps are done again"
    return Position(left, Event("Warning", "StepsLost", lost))


def _is_of_now(world: World, heard: Report) -> bool:
    """Whether it is the word of one who is meant to be there; a coordinator tells of the lost for a while."""
    names = {f"w{one.intended.index}-{one.intended.attempt}" for one in world.members if one.pod is not None}
    if not heard.team:
        return bool(names)
    return any(mate.name in names and mate.step >= heard.progress.step for mate in heard.team)


def _is_behind(stored: Progress, heard: Report) -> bool:
    if heard.progress.step >= stored.step:
        return False
    since = datetime.fromisoformat(heard.progress.updated_at) - datetime.fromisoformat(stored.updated_at)
    return heard.stage in UNBEGUN or since.total_seconds() < BEHIND_SECONDS
