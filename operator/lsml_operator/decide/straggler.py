"""Whether one worker holds up its team: by each worker's own part of a step, since together all are equally slow."""

from statistics import median_low
from typing import NamedTuple

from lsml_trainer.spec import Report

TIMES = 3.0
"""Workers differ by less than this where one holds twice as many shards as another, or shares its machine."""
LEAST_SECONDS = 0.01
"""A part of a step that is shorter holds nobody up."""


class Slow(NamedTuple):
    """Who holds the others up, and by how much."""

    worker: str
    """Place and attempt, such as w0-0."""
    takes: str
    """How long its part of a step takes."""


def slowest(report: Report | None, shards: int) -> Slow | None:
    """The slowest worker, if it is several times slower than the median of those who hold a shard."""
    timed = [(mate.step_seconds, mate.name) for mate in report.team if mate.step_seconds is not None] if report else []
    timed = sorted(timed, key=lambda one: -one[0])[:shards]
    if len(timed) < 2:
        return None
    slowest_seconds, name = timed[0]
    usual_seconds = median_low(seconds for seconds, _ in timed)
    if slowest_seconds < max(LEAST_SECONDS, TIMES * usual_seconds):
        return None
    times = f"{slowest_seconds / usual_seconds:.0f} times as long" if usual_seconds > 0 else "much longer"
    return Slow(name, f"its part of a step takes {times} as theirs")


def straggler(report: Report | None, shards: int) -> str | None:
    """The sentence that names the slowest worker, if it is several times slower than the median."""
    slow = slowest(report, shards)
    if slow is None:
        return None
    index = slow.worker.removeprefix("w").partition("-")[0]
    return f"worker {index} holds the others up: {slow.takes}; look at its machine"
