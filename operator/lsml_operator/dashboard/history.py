"""What a job's figures were since the dashboard first saw it: bounded, as columns of numbers. Pure."""

from array import array
from itertools import islice
from math import nan

from lsml_operator.view.words import Object, dig

MOST_POINTS = 512
MOST_METRICS = 6
MOST_MARKS = 64
FIELDS = {
    "percent": "status.progress.percent",
    "samplesPerSecond": "status.progress.samplesPerSecond",
    "running": "status.workers.running",
    "desired": "status.workers.desired",
}


class History:
    """Grows with each status that says something new; when it is full every second point is dropped, so that the whole
    course stays, half as fine.
    """

    def __init__(self, most: int = MOST_POINTS) -> None:
        self._most = most
        self._seconds = array("d")
        self._columns = {name: array("d") for name in FIELDS}
        self._metrics: dict[str, array[float]] = {}
        self._marks: list[tuple[float, str, int]] = []
        self._last: tuple[object, ...] = ()
        self._restarts: dict[str, int] | None = None

    def see(self, job: Object, at_seconds: float) -> None:
        """Take what the job's status says, at a time since the epoch."""
        self._mark(dig(job, "status.restarts") or {}, at_seconds)
        figures = {name: dig(job, path) for name, path in FIELDS.items()}
        metrics = {metric["name"]: metric["value"] for metric in dig(job, "status.progress.metrics") or ()}
        news = (*figures.values(), *metrics.items())
        if news == self._last or all(figure is None for figure in figures.values()):
            return
        self._last = news
        for name in islice((n for n in metrics if n not in self._metrics), MOST_METRICS - len(self._metrics)):
            self._metrics[name] = array("d", [nan] * len(self._seconds))
        self._seconds.append(at_seconds)
        for name, figure in figures.items():
            self._columns[name].append(nan if figure is None else figure)
        for name, column in self._metrics.items():
            column.append(metrics.get(name, nan))
        if len(self._seconds) > self._most:
            self._thin()

    def as_json(self) -> dict[str, object]:
        """Columns of equal length, None where nothing was known; and the disturbances."""
        return {
            "seconds": list(self._seconds),
            **{name: _without_nan(column) for name, column in self._columns.items()},
            "metrics": {name: _without_nan(column) for name, column in self._metrics.items()},
            "disturbances": [{"seconds": at, "cause": cause, "count": count} for at, cause, count in self._marks],
        }

    def _mark(self, restarts: Object, at_seconds: float) -> None:
        """A pod was replaced since the last look; the first look only learns how many were before."""
        if self._restarts is not None:
            for cause, count in restarts.items():
                more = count - self._restarts.get(cause, 0)
                if more > 0:
                    self._marks.append((at_seconds, cause, more))
            del self._marks[:-MOST_MARKS]
        self._restarts = dict(restarts)

    def _thin(self) -> None:
        """The newest point stays."""
        for column in (self._seconds, *self._columns.values(), *self._metrics.values()):
            del column[-2::-2]


def _without_nan(column: "array[float]") -> list[float | None]:
    return [None if value != value else value for value in column]  # noqa: PLR0124  (nan alone differs from itself)
