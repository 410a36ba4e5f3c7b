"""How many workers pay: one more while each brings enough, the last one back when it did not. Pure.

                    ┌──────── enough, and fewer than max: one more ────────┐
                    ▼                                                      │
    all of them train ──15 s──► read samplesPerSecond each 5 s ──steady──► judge the last one
                    ▲                                                      │
                    └──────── too little: one less, and settled ───────────┘

What was read is kept in the status, so that an operator that is replaced goes on with it. The team is judged only while
it is complete: whoever is lost, or waits for a machine, begins the reading anew. Writes nothing into the spec.
"""

from dataclasses import dataclass
from datetime import datetime
from statistics import median

from lsml_operator.api.status import AutoscaleStatus, Throughput
from lsml_operator.decide.fate import runs
from lsml_operator.texts import short_number, stamp
from lsml_operator.world import Event, World

SETTLE_SECONDS = 15.0
"""A worker's samplesPerSecond is that of its last 10 s: before, it would still be that of the team before."""
READ_SECONDS = 5.0
FEWEST_READINGS, MOST_READINGS = 6, 16
"""Steady readings are judged after half a minute, others by their median after one and a half."""
REMEMBERED = 2


@dataclass(frozen=True)
class Growth:
    """How many workers there should be, and why."""

    workers: int
    status: AutoscaleStatus | None = None
    remark: str | None = None
    event: Event | None = None
    wake_seconds: float | None = None


def autoscale(world: World) -> Growth:
    """The number of workers from now on: the spec's replicas, and as many more as have proved to pay."""
    asked = world.spec.workers
    if asked.autoscale is None:
        return Growth(asked.replicas)
    stored, efficiency = world.status.autoscale, asked.autoscale.efficiency
    if stored is None or (stored.replicas, stored.efficiency) != (asked.replicas, efficiency):
        stored = AutoscaleStatus(workers=asked.replicas, replicas=asked.replicas, efficiency=efficiency)
        return Growth(stored.workers, stored)
    if stored.workers > asked.most:  # max was lowered
        return _with_workers(stored, asked.most, settled=False)
    return _watched(world, stored)


def paused(world: World) -> Growth:
    """Of a job that is held or has ended: what was measured is kept, what was being read is not."""
    stored = world.status.autoscale
    return Growth(stored.workers if stored else 0, stored and _unread(stored))


def _watched(world: World, stored: AutoscaleStatus) -> Growth:
    """Read the team's speed while it is complete, and judge it once enough was read."""
    if stored.settled or any(one.workers == stored.workers for one in stored.measured):
        if not stored.settled and stored.workers < world.spec.workers.most:  # max was raised
            return _one_more(stored)
        return Growth(stored.workers, stored, _why_no_more(stored))
    if not _is_complete(world, stored.workers):
        return Growth(stored.workers, _unread(stored), _why_waiting(stored))
    if stored.since is None:
        begun = stored.model_copy(update={"since": stamp(world.now, "milliseconds")})
        return Growth(stored.workers, begun, _why_waiting(stored), wake_seconds=SETTLE_SECONDS)
    wait_seconds = READ_SECONDS if stored.samples_per_second else SETTLE_SECONDS
    left = wait_seconds - (world.now - datetime.fromisoformat(stored.since)).total_seconds()
    if left > 0:
        return Growth(stored.workers, stored, _why_waiting(stored), wake_seconds=left)
    return _read(world, stored)


def _read(world: World, stored: AutoscaleStatus) -> Growth:
    speed = world.report.progress.samples_per_second if world.report else None
    if speed is None:  # not known yet
        return Growth(stored.workers, stored, _why_waiting(stored), wake_seconds=READ_SECONDS)
    speeds = (*stored.samples_per_second, float(short_number(speed)))  # as precise as it is, and short to store
    read = stored.model_copy(update={"samples_per_second": speeds, "since": stamp(world.now, "milliseconds")})
    if not _is_enough(speeds, stored.efficiency / stored.workers):
        return Growth(stored.workers, read, _why_waiting(read), wake_seconds=READ_SECONDS)
    return _judged(read, median(speeds), world.spec.workers.most)


def _is_enough(speeds: tuple[float, ...], asked_gain: float) -> bool:
    """Whether they are steady: all but the fastest and the slowest within half of what a further worker must bring.

    `asked_gain` is relative to their median. Readings that never are so are enough all the same in the end.
    """
    if len(speeds) < FEWEST_READINGS:
        return False
    inner = sorted(speeds)[1:-1]
    return len(speeds) >= MOST_READINGS or inner[-1] - inner[0] <= asked_gain / 2 * median(speeds)


def _judged(read: AutoscaleStatus, speed: float, most: int) -> Growth:
    """The team's size after its speed is known."""
    share = _share(read, speed)
    if share is not None and share < read.efficiency:
        return _taken_back(read, share)
    measured = (*read.measured, Throughput(workers=read.workers, samples_per_second=speed))[-REMEMBERED:]
    known = _unread(read).model_copy(update={"measured": measured})
    return Growth(known.workers, known, _why_no_more(known)) if read.workers >= most else _one_more(known)


def _share(stored: AutoscaleStatus, speed: float) -> float | None:
    """What the last worker brought, over what one of those before it brings; None if nobody was measured before it."""
    before = next((one for one in stored.measured if one.workers == stored.workers - 1), None)
    if before is None or before.samples_per_second <= 0:
        return None
    return (speed - before.samples_per_second) / (before.samples_per_second / before.workers)


def _one_more(known: AutoscaleStatus) -> Growth:
    number, last = known.workers, known.measured[-1]
    why = f"{number} train {short_number(last.samples_per_second)} samples a second, and a further one may pay"
    event = Event("Normal", "WorkerAdded", f"worker {number} is added: {why}")
    return _with_workers(known, number + 1, settled=False, event=event)


def _taken_back(read: AutoscaleStatus, share: float) -> Growth:
    brought = f"it brought {100 * share:.0f}% of what one before it does, {100 * read.efficiency:.0f}% is asked"
    event = Event("Normal", "WorkerTakenBack", f"worker {read.workers - 1} is taken back: {brought}")
    return _with_workers(read, read.workers - 1, settled=True, event=event)


def _with_workers(stored: AutoscaleStatus, number: int, *, settled: bool, event: Event | None = None) -> Growth:
    measured = tuple(one for one in stored.measured if one.workers <= number)
    update = {"workers": number, "settled": settled, "measured": measured}
    changed = _unread(stored).model_copy(update=update)
    return Growth(number, changed, _why_no_more(changed) if settled else _why_waiting(changed), event)


def _unread(stored: AutoscaleStatus) -> AutoscaleStatus:
    return stored.model_copy(update={"since": None, "samples_per_second": ()})


def _why_waiting(stored: AutoscaleStatus) -> str:
    return f"autoscale measures what {stored.workers} workers do"


def _why_no_more(stored: AutoscaleStatus) -> str:
    asked = f"{100 * stored.efficiency:.0f}%"
    if stored.settled:
        return (
            f"autoscale stays at {stored.workers}, since one more brought less than {asked} of what each of them does"
        )
    return f"autoscale stays at {stored.workers}, as many as workers.max allows"


def _is_complete(world: World, number: int) -> bool:
    """Whether all of them train together, by what their pods and their coordinator say."""
    if world.report is None or world.report.stage != "Training" or len(world.members) != number:
        return False
    training = {mate.name for mate in world.report.team if mate.stage == "Training"}
    return all(runs(member) and f"w{member.intended.index}-{member.intended.attempt}" in training
               for member in world.members)  # fmt: skip
