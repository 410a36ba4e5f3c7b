"""News waits for its interval, whatever the workers say and whenever; what is intended waits for nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lsml_operator.api.status import Status, WorkersStatus
from lsml_operator.decide import decide
from lsml_operator.decide.pacing import STATUS_INTERVAL_SECONDS, paced
from lsml_operator.world import World
from lsml_trainer.spec import CheckpointReport, Report, SavedCheckpoint
from unit.operator.builders import (
    NOW,
    SETTINGS,
    a_coordinator,
    a_job,
    a_pod,
    a_progress,
    a_report,
    a_status,
    a_worker,
    a_world,
    ago,
)


def written(seconds_ago: float, **fields: Any) -> Status:
    """A job that trains, whose status was written so long ago."""
    told = {"goodput": {"updatedAt": ago(seconds_ago)}, "progress": a_progress(step=500, said_s=seconds_ago), **fields}
    return a_status(a_worker(), phase="Running", started_s=60, **told)


PROGRESS = {"progress": a_progress(step=510)}
NEWS: dict[str, tuple[dict[str, Any], bool]] = {
    "progress": (PROGRESS, False),
    "a number of the sentence": ({"diagnosis": "training; 61% of the time goes into waiting for rows"}, False),
    "a finding": ({"findings": ("DataBound",)}, False),
    "a checkpoint": ({"checkpoint": SavedCheckpoint(uri="pvc://models/state", step=9)}, False),
    "the phase": ({**PROGRESS, "phase": "Succeeded"}, True),
    "the generation": ({"observed_generation": 7}, True),
    "a worker": ({"workers": WorkersStatus(desired=1, members=(a_worker(attempt=1),))}, True),
    "the coordinator": ({"coordinator": a_coordinator()}, True),
    "the account that its time belongs to": ({"progress": a_progress(step=0)}, True),
}


@pytest.mark.parametrize(("news", "at_once"), NEWS.values(), ids=NEWS)
def test_what_waits_and_what_does_not(news: dict[str, Any], at_once: bool) -> None:
    stored = written(4)
    following = stored.model_copy(update=news)
    assert paced(a_world(stored), following) == ((following, None) if at_once else (stored, 1.0))
    for seconds in (STATUS_INTERVAL_SECONDS, -1.0):  # it is time; the clock was set back
        long_ago = written(seconds)
        following = long_ago.model_copy(update=news)
        assert paced(a_world(long_ago), following) == (following, None)


def test_where_nothing_is_new_nothing_waits() -> None:
    assert paced(a_world(written(4)), written(4)) == (written(4), None)


SECONDS = 120


def a_report_at(second: int, clock_s: float) -> Report:
    """Another one each second: steps, a checkpoint, and a finding that comes and goes; by a clock that is wrong."""
    return a_report(
        progress=a_progress(step=10 * second + 10, total_steps=2000, said_s=clock_s - second),
        checkpoint=CheckpointReport(uri="pvc://models/state", step=10 * second, time=ago(-second), bytes=4096),
        rows=1437,
        skipped_rows=9 * (second % 2),
    )


@pytest.mark.parametrize("clock_s", [-3600.0, 0.0, 3600.0])
def test_a_job_of_much_news_is_written_once_an_interval(clock_s: float) -> None:
    job = a_job(a_status(a_worker(), phase="Running", started_s=0))
    world = World(now=NOW, job=job, pods=(a_pod(),))
    writes, steps = 0, [0]
    for second in range(SECONDS):
        now = NOW + timedelta(seconds=second)
        world = replace(world, now=now, report=a_report_at(second, clock_s))
        plan = decide(world, SETTINGS)
        if plan.status != world.status:
            writes += 1
            world = replace(world, job=replace(world.job, status=plan.status))
            assert plan.status.progress is not None
            steps.append(plan.status.progress.step)
        else:
            assert plan.wake_seconds is not None
            assert plan.wake_seconds <= STATUS_INTERVAL_SECONDS
    assert writes == SECONDS / STATUS_INTERVAL_SECONDS
    assert steps == sorted(steps)
    last = decide(replace(world, now=now + timedelta(seconds=plan.wake_seconds or 0)), SETTINGS).status
    assert last.progress == world.report.progress if world.report else None
