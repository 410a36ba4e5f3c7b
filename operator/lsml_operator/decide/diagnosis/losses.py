"""Whether workers are lost so often that it costs the job."""

from datetime import datetime

from lsml_operator.texts import duration
from lsml_operator.world import Diagnosis, World

OFTEN = 3


def often_crashed(world: World) -> Diagnosis | None:
    """It runs again, and backoffLimit comes nearer."""
    restarts, limit = world.status.restarts, world.spec.backoff_limit
    crashes = restarts.crashes + restarts.out_of_memory
    if crashes < OFTEN:
        return None
    return Diagnosis("OftenCrashed", f"its workers crashed {crashes} times, and backoffLimit allows {limit}")


def often_evicted(world: World) -> Diagnosis | None:
    """Its machines are taken, as spot machines are."""
    evictions, start = world.status.restarts.evictions, world.status.start_time
    if evictions < OFTEN or start is None:
        return None
    since = duration((world.now - datetime.fromisoformat(start)).total_seconds())
    is_kept = world.spec.checkpoint is not None or len(world.members) > 1
    advice = "" if is_kept else "; set spec.checkpoint, so that less is done again"
    return Diagnosis(
        "OftenEvicted",
        f"{evictions} workers were evicted in {since}; a higher priorityClassName, or machines that are not spot, "
        f"would keep them{advice}",
    )
