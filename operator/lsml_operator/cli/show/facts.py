"""The facts of a job's status as rows of a label and a value. Pure; what is not in the status is not shown."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from lsml_operator.cli.show.parts import PARTS
from lsml_operator.cli.show.sparkline import sparkline
from lsml_operator.cli.show.words import counted, plain
from lsml_operator.texts import duration, short_number
from lsml_operator.view.training import predictions_of, what_it_trains
from lsml_operator.view.words import Object, age, dig

Row = tuple[str, RenderableType]

BAR_CELLS = 40
RESTARTS = {
    "crashes": ("crash", "crashes"),
    "outOfMemory": ("out of memory", "out of memory"),
    "evictions": ("eviction", "evictions"),
    "updates": ("update", "updates"),
    "stragglers": ("straggler replaced", "stragglers replaced"),
    "coordinator": ("coordinator replaced", "coordinators replaced"),
}
SHOWN_ELSEWHERE = {
    "phase", "conditions", "diagnosis", "observedGeneration", "summary", "workers", "restarts", "progress",
    "evaluation", "model", "startTime", "completionTime", "coordinator",
}  # fmt: skip


def facts(job: Object, now: datetime, losses: Sequence[float] = ()) -> Table:
    """All rows; `losses` is the series that was seen so far."""
    status: Object = job.get("status") or {}
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for label, value in _rows(job, status, now, losses):
        grid.add_row(label, value)
    return grid


def _rows(job: Object, status: Object, now: datetime, losses: Sequence[float]) -> Iterator[Row]:
    yield "Task", Text(plain(what_it_trains(job)))
    progress: Object = status.get("progress") or {}
    if progress:
        yield "Progress", Group(_bar(progress), Text(" · ".join(_progress_words(status, progress))))
    if metrics := metrics_text(progress):
        yield "Metrics", Text(metrics)
    if len(losses) > 1:
        yield "Loss", Text(f"{sparkline(losses, BAR_CELLS)} {short_number(losses[0])} → {short_number(losses[-1])}")
    if evaluation := status.get("evaluation"):
        yield "Evaluation", Text(evaluation_text(evaluation))
    if model := status.get("model"):
        yield "Model", Text(plain(f"{model['uri']}  {_short(model['digest'])}"))
    if predictions := predictions_of(job):
        yield "Predictions", Text(plain(predictions))
    if restarts := restarts_text(status.get("restarts") or {}):
        yield "Restarts", Text(restarts)
    for name in sorted(set(status) - SHOWN_ELSEWHERE):
        if shown := PARTS[name](status[name], now) if name in PARTS else _compact(status[name]):
            yield _label(name), Text(plain(shown))
    yield "Time", Text(_times(job, status, now))


def _bar(progress: Object) -> Table:
    percent = float(progress.get("percent") or 0)
    bar = ProgressBar(
        total=100,
        completed=percent,
        width=BAR_CELLS,
        style="bright_black",
        complete_style="green",
        finished_style="bold green",
    )
    line = Table.grid(padding=(0, 1, 0, 0))
    line.add_row(bar, Text(f"{percent:.0f}%", "bold"))
    return line


def _progress_words(status: Object, progress: Object) -> Iterator[str]:
    total = f" of {progress['totalSteps']:,}" if progress.get("totalSteps") else ""
    yield f"step {progress.get('step') or 0:,}{total}"
    if progress.get("epoch") is not None:
        yield f"epoch {progress['epoch']:,}"
    if progress.get("samples"):
        yield f"{progress['samples']:,} rows"
    if progress.get("samplesPerSecond") and status.get("phase") == "Running":
        yield f"{progress['samplesPerSecond']:,.0f} rows/s"
    if eta := dig(status, "summary.eta"):
        yield f"{eta} left"


def _short(digest: str) -> str:
    """Enough to tell two models apart; all of it is in -o yaml."""
    return f"{digest[:19]}…" if len(digest) > 20 else digest


def metrics_text(holder: Object) -> str:
    """Such as `loss 0.1234 · accuracy 0.98`."""
    return " · ".join(
        f"{plain(metric['name'])} {short_number(metric['value'])}" for metric in holder.get("metrics") or ()
    )


def evaluation_text(evaluation: Object) -> str:
    """Such as `accuracy 0.9667 on 30 held-out rows`."""
    kind = "held-out rows" if evaluation.get("heldOut") else "training rows (none were held out)"
    return f"{metrics_text(evaluation)} on {evaluation.get('rows', 0):,} {kind}"


def restarts_text(restarts: Object) -> str:
    """Such as `2 crashes · 1 eviction`; empty where there was none."""
    return " · ".join(counted(restarts[cause], *words) for cause, words in RESTARTS.items() if restarts.get(cause))


def _compact(value: Any) -> str:
    """Any part of a status on one line."""
    if isinstance(value, Mapping):
        inner = {_label(name).lower(): _compact(each) for name, each in value.items()}
        return " · ".join(f"{label} {shown}" for label, shown in inner.items() if shown)
    if isinstance(value, list):
        return ", ".join(map(_compact, value))
    return short_number(value) if isinstance(value, float) else str(value)


def _label(name: str) -> str:
    """samplesPerSecond -> Samples per second."""
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return spaced[:1].upper() + spaced[1:]


def _times(job: Object, status: Object, now: datetime) -> str:
    parts = [f"created {age(job['metadata'].get('creationTimestamp'), now)} ago"]
    started, ended = status.get("startTime"), status.get("completionTime")
    if started:
        parts.append(f"started {age(started, now)} ago")
    if ended:
        parts.append(f"ended {age(ended, now)} ago")
    if started and ended:
        took = (datetime.fromisoformat(ended) - datetime.fromisoformat(started)).total_seconds()
        parts.append(f"took {duration(took)}")
    return " · ".join(parts)
