"""Where the time of a job goes: every second since it started is entered in one account, and paid for. Pure.

The account of a moment is that of the status that was stored then, so the ledger is as exact as the status is fresh.
Suspended time, and time after the end, is in no account. A program of one's own (`algorithm.container`) that says
nothing of how far it is counts as productive while it runs.
"""

from datetime import datetime
from typing import Literal, get_args

from lsml_operator.api.status import Cost, Goodput, Status
from lsml_operator.decide.position import rests
from lsml_operator.decide.price import mean_hourly_price
from lsml_operator.settings import Settings
from lsml_operator.texts import stamp
from lsml_operator.world import World

Account = Literal["productive_seconds", "starting_seconds", "waiting_seconds", "recovering_seconds"]

SETTLE_SECONDS = 60.0
"""A job that runs is charged at least so often, by the prices of the machines that it has then."""
WAITING_REASONS = ("Unschedulable", "WaitsForQuota", "SchedulingGated", "GangWaits", "GangGaveBack")


def account_of(status: Status, *, is_program: bool) -> Account | None:
    """What a job of this status spends its time on."""
    if status.start_time is None or status.completion_time is not None:
        return None
    if status.phase == "Restarting" or status.is_true("Degraded"):
        return "recovering_seconds"
    if status.phase == "Running":
        if status.progress is None:
            return "productive_seconds" if is_program else "starting_seconds"
        trains = status.progress.step > 0 and not rests(status)
        return "productive_seconds" if trains else "starting_seconds"
    ready = status.condition("Ready")
    waits = status.is_true("Stalled") or (ready is not None and ready.reason in WAITING_REASONS)
    return "waiting_seconds" if waits else "starting_seconds"


def settled(world: World, following: Status, settings: Settings) -> Status:
    """The status to store, with the ledger brought up to now where something else is new, or it is time."""
    stored = world.status
    if stored.goodput is None:  # a job that starts now, or has not started yet
        opened = None if following.start_time is None else Goodput(updated_at=stamp(world.now, "milliseconds"))
        return following if opened is None else _with(following, opened, None)
    as_before = _with(following, stored.goodput, stored.cost)
    seconds = max(0.0, (world.now - datetime.fromisoformat(stored.goodput.updated_at)).total_seconds())
    if as_before == stored and (stored.phase != "Running" or seconds < SETTLE_SECONDS):
        return as_before
    now = stamp(world.now, "milliseconds")
    account = account_of(stored, is_program=is_program(world))
    ledger = _entered(stored.goodput, account, seconds, stored.workers.running, now)
    cost = _charged(stored.cost, world, seconds * stored.workers.running, settings)
    return _with(following, ledger, cost)


def is_program(world: World) -> bool:
    """Whether it counts its steps by itself, if at all."""
    return world.job.spec is not None and world.job.spec.container is not None


def _with(status: Status, ledger: Goodput, cost: Cost | None) -> Status:
    """The status with the ledger, the cost and their columns."""
    columns = {
        "goodput": None if ledger.ratio is None else f"{100 * ledger.ratio:.0f}%",
        "cost": None if cost is None else f"{cost.amount:.2f} {cost.currency}",
    }
    summary = status.summary and status.summary.model_copy(update=columns)
    return status.model_copy(update={"goodput": ledger, "cost": cost, "summary": summary})


def _entered(ledger: Goodput, account: Account | None, seconds: float, workers: int, now: str) -> Goodput:
    if account is None:
        return ledger.model_copy(update={"updated_at": now})
    entered = ledger.model_copy(
        update={
            account: round(getattr(ledger, account) + seconds, 3),
            "worker_seconds": round(ledger.worker_seconds + workers * seconds, 3),
            "updated_at": now,
        }
    )
    spent = sum(getattr(entered, name) for name in get_args(Account))
    return entered.model_copy(update={"ratio": round(entered.productive_seconds / spent, 4) if spent else None})


def _charged(cost: Cost | None, world: World, worker_seconds: float, settings: Settings) -> Cost | None:
    """What the running workers have cost; nothing is said where the installation has no prices."""
    if not settings.has_prices or world.job.spec is None:
        return cost
    amount = (cost.amount if cost else 0.0) + worker_seconds / 3600 * mean_hourly_price(world, settings)
    return Cost(amount=round(amount, 6), currency=settings.currency)
