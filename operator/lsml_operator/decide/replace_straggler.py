"""When a worker that holds up its team is replaced: one at a time, after a while, and more seldom each time. Pure.

That it is slow now is stored, so that the while is the same whoever looks; the scheduler chooses the next machine.
"""

from datetime import datetime

from lsml_operator.api.status import StragglerStatus
from lsml_operator.decide.fate import runs
from lsml_operator.decide.straggler import slowest
from lsml_operator.texts import stamp
from lsml_operator.world import World

PATIENCE_SECONDS = 30.0
"""A neighbour's short work, or a page cache that has to be filled, is over by then."""
FIRST_REST_SECONDS = 60.0
MOST_REST_SECONDS = 3600.0
"""Where each successor is as slow, the reason is not the machine: it is tried once an hour."""


def holding_up(world: World) -> StragglerStatus | None:
    """Who holds up a team that wants to have it replaced, and since when; None while somebody is missing."""
    slow = slowest(world.report, world.spec.shards) if world.spec.workers.replace_stragglers else None
    names = {f"w{one.intended.index}-{one.intended.attempt}" for one in world.members if runs(one)}
    if slow is None or slow.worker not in names or len(names) < len(world.members):
        return None
    stored = world.status.workers.straggler
    if stored is not None and stored.worker == slow.worker:
        return stored.model_copy(update={"takes": slow.takes})
    return StragglerStatus(worker=slow.worker, since=stamp(world.now), takes=slow.takes)


def to_replace(world: World) -> StragglerStatus | None:
    """Who is to be replaced now."""
    slow = holding_up(world)
    if slow is None or _seconds(world.now, datetime.fromisoformat(slow.since)) < PATIENCE_SECONDS:
        return None
    youngest = max(member.pod.created for member in world.members if member.pod)
    return slow if _seconds(world.now, youngest) >= rest_seconds(world.status.restarts.stragglers) else None


def rest_seconds(replaced: int) -> float:
    """How long all of the team's pods have to be there after so many replacements: 60, 120, 240 … 3600."""
    return min(FIRST_REST_SECONDS * 2.0 ** min(replaced, 30), MOST_REST_SECONDS)


def _seconds(now: datetime, since: datetime) -> float:
    return (now - since).total_seconds()
