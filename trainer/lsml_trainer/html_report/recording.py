"""What was told during a training, kept for the report and written as lines of JSON. A Listener."""

from dataclasses import dataclass
from typing import TextIO

from lsml_trainer.reporting import Listener
from lsml_trainer.spec import Report

MOST_POINTS = 2000
"""Of a curve: more cannot be told apart on a page. Beyond, every second one is given up."""


@dataclass(frozen=True)
class Point:
    """One report of the training."""

    step: int
    values: dict[str, float]
    """Metrics by their names."""


class Recorder:
    """Passes each report on, writes it as a line of JSON, and keeps the training's points."""

    def __init__(self, listen: Listener, lines: TextIO | None = None) -> None:
        self.points: list[Point] = []
        self.last: Report | None = None
        self._listen = listen
        self._lines = lines
        self._every = 1
        self._seen = 0

    def __call__(self, report: Report) -> None:
        """As a Listener."""
        if self._lines is not None:
            self._lines.write(f"{report.to_json()}\n")
            self._lines.flush()
        self._keep(report)
        self.last = report
        self._listen(report)

    def _keep(self, report: Report) -> None:
        progress = report.progress
        if not progress.metrics or (self.points and self.points[-1].step == progress.step):
            return
        self._seen += 1
        if self._seen % self._every == 0 or report.stage != "Training":
            speed = {} if progress.samples_per_second is None else {"rows/s": progress.samples_per_second}
            values = {metric.name: metric.value for metric in progress.metrics}
            self.points.append(Point(progress.step, values | speed))
        if len(self.points) > MOST_POINTS:
            self.points, self._every = self.points[::2], 2 * self._every
