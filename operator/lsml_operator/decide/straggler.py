"""Whether one worker holds up its team: by each worker's own part of a step, since together all are equally slow."""

from statistics import median_low

from lsml_trainer.spec import Report, Teammate

TIMES = 3.0
"""Workers differ by less than this where one holds twice as many shards as another, or shares its machine."""
LEAST_SECONDS = 0.01
"""A part of a step that is shorter holds nobody up."""


def straggler(report: Report | None) -> str | None:
    """The sentence that names the slowest worker, if it is several times slower than the median."""
    timed = [(mate.step_seconds, mate) for mate in report.team if mate.step_seconds is not None] if report else []
    if len(timed) < 2:
        return None
    slowest_seconds, slowest = max(timed, key=lambda one: one[0])
    usual_seconds = median_low(seconds for seconds, _ in timed)
    if slowest_seconds < max(LEAST_SECONDS, TIMES * usual_seconds):
        return None
    times = f"{slowest_seconds / usual_seconds:.0f} times as long" if usual_seconds > 0 else "much longer"
    return f"{_name(slowest)} holds the others up: its part of a step takes {times} as theirs; look at its machine"


def _name(mate: Teammate) -> str:
    return f"worker {mate.name.removeprefix('w').partition('-')[0]}"
