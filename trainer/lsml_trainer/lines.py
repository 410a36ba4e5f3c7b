"""Reports as plain lines for people: one a stage, one about every ten seconds, the evaluation, the model."""

import math
from collections.abc import Callable

from lsml_trainer.spec import Evaluation, Progress, Report

LINE_SECONDS = 10.0
STAGES = {
    "Starting": "starting",
    "LoadingData": "loading the data",
    "Training": "training",
    "Evaluating": "evaluating",
    "Predicting": "predicting",
    "Saving": "saving the model",
    "Completed": "the job is complete",
}

LONG_STAGES = ("Training", "Predicting")


class Lines:
    """Listens to a Reporter; `write` takes a line, `clock` gives monotonic seconds."""

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float]) -> None:
        self._write = write
        self._clock = clock
        self._last: Report | None = None
        self._due = math.inf

    def __call__(self, report: Report) -> None:
        """Writes what is new in the report."""
        last, self._last = self._last, report
        if last is None or report.stage != last.stage:
            self._enter(report)
        if report.stage in LONG_STAGES and self._clock() >= self._due:
            self._due = self._clock() + LINE_SECONDS
            self._write(progress_line(report.progress))
        problem = report.checkpoint and report.checkpoint.problem
        if problem and (last is None or last.checkpoint is None or last.checkpoint.problem != problem):
            self._write(problem)
        if report.evaluation and (last is None or last.evaluation is None):
            self._write(evaluation_line(report.evaluation))
        if report.model and (last is None or last.model is None):
            self._write(f"the model is at {report.model.uri} ({report.model.digest})")

    def _enter(self, report: Report) -> None:
        if report.progress.step and report.stage == "Evaluating":
            self._write(progress_line(report.progress))  # where training ended, however short it was
        self._write(STAGES[report.stage])
        self._due = self._clock() + 1.0 if report.stage in LONG_STAGES else math.inf


def progress_line(progress: Progress) -> str:
    """Such as `step 120/1000 (12%), epoch 3, loss 0.3456, 81,200 rows/s, 14 s left`."""
    total = f"/{progress.total_steps} ({progress.percent:.0f}%)" if progress.total_steps else ""
    parts = [
        f"step {progress.step}{total}",
        f"epoch {progress.epoch}" if progress.epoch is not None else "",
        *(f"{metric.name} {metric.value:.6g}" for metric in progress.metrics),
        f"{progress.samples_per_second:,.0f} rows/s" if progress.samples_per_second else "",
        f"{progress.estimated_seconds_remaining:.0f} s left" if progress.estimated_seconds_remaining else "",
    ]
    return ", ".join(part for part in parts if part)


def evaluation_line(evaluation: Evaluation) -> str:
    """Such as `evaluated on 30 held-out rows: accuracy 0.9667`."""
    scores = ", ".join(f"{metric.name} {metric.value:.6g}" for metric in evaluation.metrics)
    skipped = f"; {evaluation.skipped_rows} bad rows were skipped" if evaluation.skipped_rows else ""
    return f"evaluated on {evaluated_rows(evaluation)}: {scores}{skipped}"


def evaluated_rows(evaluation: Evaluation) -> str:
    """Such as `30 held-out rows`."""
    return f"{evaluation.rows} {'held-out rows' if evaluation.held_out else 'training rows (none were held out)'}"
