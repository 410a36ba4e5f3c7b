"""The current report: where training is, how fast, how long still. Knows no HTTP and no terminal, fetches no time.

One thread reports, any thread may read `current`: a report is frozen, and swapped whole.
"""

import math
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from pydantic import ValidationError

from lsml_trainer.algorithms.base import Algorithm
from lsml_trainer.elastic.predictions import Predicted
from lsml_trainer.elastic.time_spent import TimeSpent
from lsml_trainer.loss_trend import LossWatch
from lsml_trainer.spec import CheckpointReport, Evaluation, Metric, Progress, Report, SavedModel
from lsml_trainer.spec.report import Stage
from lsml_trainer.usage import Cpus, busy_cpus, peak_memory_bytes

REPORT_SECONDS = 0.25  # between two reports of a running stage: what a person sees as live, and costs nothing
RATE_REPORTS = 40  # the reports that the speed of late is measured over: 10 s, where steps are short
MOST_METRICS = 16  # what the wire takes

Listener: TypeAlias = Callable[[Report], None]


class Reporter:
    """Turns what the training loop tells into reports.

    `clock` gives monotonic seconds, `now` the time of day, `listen` gets every report.
    """

    def __init__(self, clock: Callable[[], float], now: Callable[[], datetime], listen: Listener) -> None:
        self._clock = clock
        self._now = now
        self._listen = listen
        self._due = -math.inf
        self._step_seconds: float | None = None
        self._spent: TimeSpent | None = None
        self._losses = LossWatch()
        self._cpus: Cpus = lambda: None
        self._pace: deque[tuple[float, int]] = deque(maxlen=RATE_REPORTS)
        self.current = Report(stage="Starting", progress=Progress(updated_at=self._timestamp()))

    def enter(self, stage: Stage) -> None:
        """A stage begins."""
        self._pace.clear()
        self._pace.append((self._clock(), self.current.progress.step))
        self._due = -math.inf
        if stage == "Training":
            self._cpus = busy_cpus()
        self._swap(stage=stage, peak_memory_bytes=peak_memory_bytes())

    def loaded(self, rows: int, skipped_rows: int) -> None:
        """The rows to train on are known; reported with the next stage."""
        self.current = self.current.model_copy(update={"rows": rows, "skipped_rows": skipped_rows})

    def worked(self, step_seconds: float | None, spent: TimeSpent | None = None) -> None:
        """How long this worker's own part of a step takes, and where its time goes; reported with the next step."""
        self._step_seconds, self._spent = step_seconds, spent

    def stepped(self, algorithm: Algorithm[Any], state: Any, taken_at: int = 0) -> None:
        """A step is done; reported if the last report is old enough. Others went up to the step `taken_at`."""
        self._leave_out(taken_at)
        if self._clock() >= self._due:
            self._due = self._clock() + REPORT_SECONDS
            progress = self._progress(algorithm, state)
            if progress.loss is not None:
                self._losses.see(progress.loss, progress.step)
            self._swap(
                progress=progress,
                step_seconds=self._step_seconds,
                time_shares=self._spent and self._spent.shares(),
                loss_trend=self._losses.trend(),
                peak_memory_bytes=peak_memory_bytes(),
                cpus=self._cpus(),
            )

    def predicting(self) -> None:
        """The model is saved, and rows are predicted."""
        if self.current.stage != "Predicting":
            self.enter("Predicting")

    def predicted(self, at: Predicted, of_parts: int, taken_at: int = 0) -> None:
        """So much of a job that only predicts is done: parts are its steps. Others went up to the part `taken_at`."""
        self._leave_out(taken_at)
        parts = min(at.parts, of_parts)
        progress = self._progress_of(parts, of_parts, at.rows / max(1, parts))
        self._swap(progress=progress.model_copy(update={"samples": at.rows}))

    def trained(self, algorithm: Algorithm[Any], state: Any) -> None:
        """All steps are done."""
        progress = self._progress(algorithm, state)
        self._swap(progress=progress.model_copy(update={"percent": 100.0, "estimated_seconds_remaining": None}))

    def evaluated(self, evaluation: Evaluation) -> None:
        """The model was measured."""
        self._swap(evaluation=evaluation)

    def checkpointed(self, checkpoint: CheckpointReport) -> None:
        """A checkpoint was made or used, or could not be."""
        self._swap(checkpoint=checkpoint)

    def saved(self, model: SavedModel) -> None:
        """The model is where it should be."""
        self._swap(model=model)

    def _leave_out(self, taken_at: int) -> None:
        """What others did is not this worker's speed."""
        if self._pace and self._pace[0][1] < taken_at:
            self._pace.clear()

    def _progress(self, algorithm: Algorithm[Any], state: Any) -> Progress:
        learned = {
            "epoch": algorithm.epoch(state),
            "samples": algorithm.samples(state),
            "metrics": bounded_metrics(algorithm.metrics(state)),
        }
        return self._progress_of(*algorithm.steps(state), algorithm.rows_per_step()).model_copy(update=learned)

    def _progress_of(self, step: int, total: int | None, rows_per_step: float) -> Progress:
        self._pace.append((self._clock(), step))
        steps_per_second = _rate(self._pace[0], self._pace[-1])
        return Progress(
            percent=min(100.0, 100.0 * step / total) if total else 0.0,
            step=step,
            total_steps=total,
            samples_per_second=steps_per_second and min(1e15, steps_per_second * rows_per_step),
            estimated_seconds_remaining=_seconds_left(step, total, steps_per_second),
            updated_at=self._timestamp(),
        )

    def _swap(self, **changes: object) -> None:
        progress = self.current.progress.model_copy(update={"updated_at": self._timestamp()})
        self.current = self.current.model_copy(update={"progress": progress, **changes})
        self._listen(self.current)

    def _timestamp(self) -> str:
        return self._now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def bounded_metrics(metrics: Mapping[str, float]) -> tuple[Metric, ...]:
    """What the wire takes of them: finite values with names that it knows, the first sixteen."""
    taken = [metric for name, value in metrics.items() if (metric := _metric(name, value)) is not None]
    return tuple(taken[:MOST_METRICS])


def _metric(name: str, value: float) -> Metric | None:
    try:
        return Metric(name=name, value=float(value))
    except (ValidationError, TypeError, ValueError, OverflowError):
        return None  # a user's module may report anything; training goes on


def _rate(first: tuple[float, int], last: tuple[float, int]) -> float | None:
    seconds, steps = last[0] - first[0], last[1] - first[1]
    return steps / seconds if seconds > 0 and steps > 0 else None


def _seconds_left(step: int, total: int | None, steps_per_second: float | None) -> float | None:
    return min(1e12, max(0, total - step) / steps_per_second) if total and steps_per_second else None
