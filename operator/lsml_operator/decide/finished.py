"""A job that ended stays as it ended, until its time to live is over."""

from datetime import datetime

from lsml_operator.api.status import Phase
from lsml_operator.world import Decision, Later, World

TRY_AGAIN_SECONDS = 15.0
"""A job whose time is over is deleted in this look; if that is refused, again so much later."""

ENDS: dict[str, Phase] = {"Complete": "Succeeded", "Failed": "Failed"}
"""The conditions that are never taken back, and the phase of each."""


def finished(world: World) -> Decision | Later | None:
    """What the stored status says of the end; nothing that happens afterwards changes it."""
    for type_, phase in ENDS.items():
        condition = world.status.condition(type_)
        if condition is not None and condition.status == "True":
            left = seconds_to_live(world)
            wake_seconds = TRY_AGAIN_SECONDS if left == 0 else left
            said = world.status.diagnosis or condition.message  # a condition may be cut short, and stays as it is
            return Decision(phase, condition.reason, said, wake_seconds=wake_seconds)
    return None


def seconds_to_live(world: World) -> float | None:
    """Until a job that ended is deleted, 0 if that is due; None: it stays."""
    spec, ended = world.job.spec, world.status.completion_time
    if spec is None or spec.ttl_seconds_after_finished is None or ended is None:
        return None
    left = spec.ttl_seconds_after_finished - (world.now - datetime.fromisoformat(ended)).total_seconds()
    return max(left, 0.0)
