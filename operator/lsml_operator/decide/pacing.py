"""Which news can wait: what is only told is written once an interval, what is intended at once. Pure.

The interval is that of our own clock, since the last write: a worker's clock may be any.
"""

from datetime import datetime

from lsml_operator.api.status import Condition, Status, WorkersStatus
from lsml_operator.decide.goodput import account_of, is_program
from lsml_operator.world import World

STATUS_INTERVAL_SECONDS = 5.0


def paced(world: World, following: Status) -> tuple[Status, float | None]:
    """What to store now, and in how many seconds the news that waits may be told; None: none waits."""
    stored = world.status
    wait_seconds = STATUS_INTERVAL_SECONDS - _seconds_since_write(world)
    if not 0 < wait_seconds <= STATUS_INTERVAL_SECONDS or _intended(world, following) != _intended(world, stored):
        return following, None
    ledger = {"goodput": stored.goodput, "cost": stored.cost, "summary": stored.summary}
    return stored, None if following.model_copy(update=ledger) == stored else wait_seconds


def _seconds_since_write(world: World) -> float:
    """Without end before the first one; below zero if the clock was set back."""
    ledger = world.status.goodput
    return float("inf") if ledger is None else (world.now - datetime.fromisoformat(ledger.updated_at)).total_seconds()


def _intended(world: World, status: Status) -> tuple[object, ...]:
    """All but what is only told: sentences, numbers, and the checkpoint that would be gone on from."""
    told = {"progress", "diagnosis", "findings", "checkpoint", "summary", "goodput", "cost", "conditions", "workers"}
    rest = status.model_copy(update={name: Status.model_fields[name].get_default() for name in told})
    account = account_of(status, is_program=is_program(world))
    return rest, account, _workers(status.workers), tuple(map(_condition, status.conditions))


def _workers(workers: WorkersStatus) -> WorkersStatus:
    slow = workers.straggler and workers.straggler.model_copy(update={"takes": ""})
    return workers.model_copy(update={"straggler": slow})


def _condition(condition: Condition) -> Condition:
    return condition.model_copy(update={"message": ""})
