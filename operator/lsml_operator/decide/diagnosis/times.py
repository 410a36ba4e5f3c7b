"""Whether there is time enough: until the deadline, and between two checkpoints."""

from datetime import datetime

from lsml_operator.texts import duration
from lsml_operator.world import Diagnosis, World


def deadline_near(world: World) -> Diagnosis | None:
    """At the speed of late it is not done in time."""
    limit_seconds, start, report = world.spec.active_deadline_seconds, world.status.start_time, world.report
    needed_seconds = report.progress.estimated_seconds_remaining if report else None
    if limit_seconds is None or start is None or needed_seconds is None:
        return None
    left_seconds = limit_seconds - (world.now - datetime.fromisoformat(start)).total_seconds()
    if needed_seconds <= left_seconds:
        return None
    return Diagnosis(
        "DeadlineNear",
        f"it needs {duration(needed_seconds)} more, and activeDeadlineSeconds ends it in {duration(left_seconds)}; "
        "raise it, or scale the job up",
    )


def checkpoint_failing(world: World) -> Diagnosis | None:
    """In the words of the worker that could not write, or not use, one."""
    kept = world.report.checkpoint if world.report else None
    return Diagnosis("CheckpointFailing", kept.problem) if kept and kept.problem else None


def checkpoint_slow(world: World) -> Diagnosis | None:
    """They are made more seldom than was asked."""
    kept, wanted = world.report.checkpoint if world.report else None, world.spec.checkpoint
    if kept is None or wanted is None or kept.seconds is None or kept.seconds <= wanted.every_seconds:
        return None
    return Diagnosis(
        "CheckpointSlow",
        f"a checkpoint takes {duration(kept.seconds)} to write, and checkpoint.everySeconds is "
        f"{duration(wanted.every_seconds)}; raise it, or choose a faster place than {wanted.uri}",
    )
