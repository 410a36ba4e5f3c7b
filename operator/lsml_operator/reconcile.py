"""The story of the operator: observe, decide, store the intent, do it, tell it."""

from collections.abc import Callable
from datetime import datetime

from lsml_operator.apply import Writer
from lsml_operator.decide import decide
from lsml_operator.observe.cache import Cache
from lsml_operator.settings import Settings
from lsml_operator.world import JobKey

Clock = Callable[[], datetime]


async def reconcile(key: JobKey, cache: Cache, writer: Writer, clock: Clock, settings: Settings) -> float | None:
    """Bring one job one step nearer its spec; seconds to the next look, None when nothing is due.

    Safe to repeat, to run on stale reads and to kill at any await.
    """
    world = cache.observe(key, now=clock())  # caches only, one frozen snapshot
    if world is None:
        return None
    plan = decide(world, settings)  # pure: no await, clock, logger or API
    if plan.status != world.status:  # the one status write; intent before deed
        cache.renew_job(await writer.write_status(world.job, plan.status))
    outcome = await writer.apply(key, plan.changes)  # creations, and deletions guarded by UID
    cache.remember(key, outcome)  # a refusal is the next pass's observation
    await writer.emit(key, plan.events, settings.identity)  # last: never tell what was not stored
    return plan.wake_seconds
