"""What a worker says while it runs: rate, time left, bounded metrics; as reports and as lines."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lsml_trainer.elastic.predictions import Predicted
from lsml_trainer.lines import Lines
from lsml_trainer.reporting import Reporter, bounded_metrics
from lsml_trainer.spec import Evaluation, Metric, Progress, Report, SavedModel

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FIRST = "2026-01-02T03:04:05.000Z"


@dataclass
class Clock:
    """A clock that a test moves."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)


@dataclass
class Counting:
    """An algorithm whose state is the number of its steps."""

    total: int | None = 100
    metric: Mapping[str, float] = field(default_factory=lambda: {"loss": 0.5})

    def steps(self, state: int) -> tuple[int, int | None]:
        return state, self.total

    def epoch(self, state: int) -> int | None:
        return state // 10

    def samples(self, state: int) -> int | None:
        return state * 32

    def rows_per_step(self) -> float:
        return 32.0

    def metrics(self, state: int) -> Mapping[str, float]:
        return self.metric


def a_reporter(clock: Clock) -> tuple[Reporter, list[Report]]:
    reports: list[Report] = []
    return Reporter(clock, clock.now, reports.append), reports


def run(reporter: Reporter, clock: Clock, algorithm: Any, steps: int, seconds_a_step: float) -> None:
    reporter.enter("Training")
    for step in range(1, steps + 1):
        clock.seconds += seconds_a_step
        reporter.stepped(algorithm, step)


def test_a_report_says_how_far_how_fast_and_how_long_still() -> None:
    clock = Clock()
    reporter, _ = a_reporter(clock)
    run(reporter, clock, Counting(), steps=40, seconds_a_step=0.5)
    assert reporter.current.progress == Progress(
        percent=40.0,
        step=40,
        total_steps=100,
        epoch=4,
        samples=1280,
        samples_per_second=64.0,
        estimated_seconds_remaining=30.0,
        metrics=(Metric(name="loss", value=0.5),),
        updated_at="2026-01-02T03:04:25.000Z",
    )


def test_what_a_worker_does_itself_is_told_with_the_next_step() -> None:
    clock = Clock()
    reporter, _ = a_reporter(clock)
    reporter.worked(0.125)
    run(reporter, clock, Counting(), steps=1, seconds_a_step=1.0)
    assert reporter.current.step_seconds == 0.125


def test_the_speed_is_that_of_late() -> None:
    clock = Clock()
    reporter, _ = a_reporter(clock)
    algorithm = Counting(total=1000)
    run(reporter, clock, algorithm, steps=50, seconds_a_step=10.0)
    for step in range(51, 151):
        clock.seconds += 1.0
        reporter.stepped(algorithm, step)
    assert reporter.current.progress.samples_per_second == 32.0


def test_what_others_did_before_is_not_a_workers_speed() -> None:
    """It takes their position over at step 499, or that of a checkpoint."""
    clock = Clock()
    reporter, _ = a_reporter(clock)
    algorithm, speeds = Counting(total=1000), []
    reporter.enter("Training")
    for step in (500, 501):
        clock.seconds += 1.0
        reporter.stepped(algorithm, step, taken_at=499)
        speeds.append(reporter.current.progress.samples_per_second)
    assert speeds == [None, 32.0]


def test_parts_that_were_predicted_before_are_not_a_workers_speed() -> None:
    clock = Clock()
    reporter, _ = a_reporter(clock)
    reporter.enter("Predicting")
    told = []
    for parts, found in ((1, 1), (2, 2), (3, 2), (4, 2), (5, 2)):  # of which the fifth is that all are shown
        clock.seconds += 1.0
        reporter.predicted(Predicted(parts, 32 * min(parts, 4), found), of_parts=4, taken_at=found)
        progress = reporter.current.progress
        told.append((progress.samples, progress.samples_per_second, progress.estimated_seconds_remaining))
    assert told == [(32, None, None), (64, None, None), (96, 32.0, 1.0), (128, 32.0, 0.0), (128, 64 / 3, 0.0)]
    assert (progress.step, progress.total_steps, progress.percent) == (4, 4, 100.0)


def test_short_steps_are_reported_four_times_a_second() -> None:
    clock = Clock()
    reporter, reports = a_reporter(clock)
    run(reporter, clock, Counting(total=None), steps=1000, seconds_a_step=0.001953125)
    assert len(reports) == 1 + 8  # the stage, and two seconds


def test_where_the_total_is_not_known_nothing_is_made_up() -> None:
    clock = Clock()
    reporter, _ = a_reporter(clock)
    run(reporter, clock, Counting(total=None), steps=3, seconds_a_step=1.0)
    progress = reporter.current.progress
    assert (progress.percent, progress.total_steps, progress.estimated_seconds_remaining) == (0.0, None, None)
    reporter.trained(Counting(total=None), 3)
    assert reporter.current.progress.percent == 100.0


def test_a_clock_that_stands_still_gives_no_speed() -> None:
    clock = Clock()
    reporter, _ = a_reporter(clock)
    run(reporter, clock, Counting(), steps=2, seconds_a_step=0.0)
    assert reporter.current.progress.samples_per_second is None


METRICS: dict[str, tuple[Mapping[str, Any], list[str]]] = {
    "what is not finite is left out": ({"loss": math.nan, "a": math.inf, "b": 1.0}, ["b"]),
    "so are names that no one could show": ({"": 1.0, "a b": 1.0, "x" * 64: 1.0, "9": 1.0, "ok": 1.0}, ["ok"]),
    "and what is no number": ({"a": "text", "b": None, "c": 10**400, "d": 2}, ["d"]),
    "sixteen at most": ({f"m{i}": 1.0 for i in range(99)}, [f"m{i}" for i in range(16)]),
}


@pytest.mark.parametrize(("metrics", "want"), METRICS.values(), ids=METRICS)
def test_metrics_are_bounded(metrics: Mapping[str, Any], want: list[str]) -> None:
    """52"""
    assert [metric.name for metric in bounded_metrics(metrics)] == want


def test_the_lines_tell_the_story() -> None:
    clock, lines = Clock(), []
    reporter = Reporter(clock, clock.now, Lines(lines.append, clock))
    algorithm = Counting(total=30)
    reporter.enter("LoadingData")
    run(reporter, clock, algorithm, steps=30, seconds_a_step=1.0)
    reporter.trained(algorithm, 30)
    reporter.enter("Evaluating")
    reporter.evaluated(Evaluation(metrics=(Metric(name="accuracy", value=0.96666),), rows=30, held_out=True))
    reporter.saved(SavedModel(uri="pvc://models/a", digest="sha256:0"))
    reporter.enter("Completed")
    assert lines == [
        "loading the data",
        "training",
        "step 1/30 (3%), epoch 0, loss 0.5, 32 rows/s, 29 s left",
        "step 11/30 (37%), epoch 1, loss 0.5, 32 rows/s, 19 s left",
        "step 21/30 (70%), epoch 2, loss 0.5, 32 rows/s, 9 s left",
        "step 30/30 (100%), epoch 3, loss 0.5, 32 rows/s",
        "evaluating",
        "evaluated on 30 held-out rows: accuracy 0.96666",
        "the model is at pvc://models/a (sha256:0)",
        "the job is complete",
    ]


def test_the_loss_is_the_metric_of_that_name() -> None:
    gradient, loss = Metric(name="gradientNorm", value=1.0), Metric(name="loss", value=0.5)
    assert Progress(metrics=(gradient, loss), updated_at=FIRST).loss == 0.5
    assert Progress(metrics=(gradient,), updated_at=FIRST).loss is None
