"""All jobs, a line each. Pure; written without rich's tables, which take a second for a thousand rows."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from rich.text import Text

from lsml_operator.cli.show.words import STYLES, plain
from lsml_operator.view.words import Object, age, dig, loss_of, seconds_since

LOOK_FIRST = ("Failed", "Pending", "Restarting", "", "Running", "Suspended", "Succeeded")
GAP = "  "
LEAST_MESSAGE = 24
"""Fewer letters of a sentence say nothing."""


class TopRow(NamedTuple):
    """The cells of a job."""

    namespace: str
    name: str
    phase: str
    workers: str
    progress: str
    loss: str
    eta: str
    restarts: str
    age: str
    message: str


def rows_of(jobs: Iterable[Object], now: datetime, order: str = "phase", reverse: bool = False) -> list[TopRow]:
    """The rows in their order; jobs that are equal in it by namespace and name."""
    by_name = sorted(jobs, key=lambda job: (job["metadata"]["namespace"], job["metadata"]["name"]))
    key = ORDERS[order]
    return [_row(job, now) for job in sorted(by_name, key=lambda job: key(job, now), reverse=reverse)]


def table(rows: Sequence[TopRow], with_namespace: bool, width: int | None, namespace: str | None) -> Text:
    """Lines of at most `width` characters; the message is cut, nothing else."""
    if not rows:
        return Text("there are no TrainingJobs" + (f" in namespace {namespace}" if namespace else ""))
    titles = TopRow(*(field.upper() for field in TopRow._fields))
    first = 0 if with_namespace else 1
    cells = [row[first:] for row in (titles, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)][:-1]
    phase = TopRow._fields.index("phase") - first
    text = Text(no_wrap=True)
    for number, line in enumerate(cells):
        _add_line(text, line, widths, width, phase, number == 0)
    return text.append(_counts(rows), "dim")


def _add_line(
    text: Text, cells: Sequence[str], widths: Sequence[int], width: int | None, phase: int, is_title: bool
) -> None:
    padded = [cell.ljust(size) for cell, size in zip(cells[:-1], widths, strict=True)]
    left = None if width is None else width - sum(widths) - len(GAP) * len(widths)
    before, after = GAP.join(padded[:phase]) + GAP, GAP.join(["", *padded[phase + 1 :], _cut(cells[-1], left)])
    if is_title:
        text.append((before + padded[phase] + after).rstrip() + "\n", "dim")
        return
    text.append(before).append(padded[phase], STYLES.get(cells[phase], "")).append(after.rstrip() + "\n")


def _cut(message: str, most: int | None) -> str:
    if most is None or len(message) <= most:
        return message
    return message[: most - 1] + "…" if most >= LEAST_MESSAGE else ""


def _counts(rows: Sequence[TopRow]) -> str:
    counts = Counter(row.phase for row in rows)
    listed = ", ".join(f"{counts[phase]} {phase}" for phase in sorted(counts, key=_place))
    return f"{len(rows)} {'job' if len(rows) == 1 else 'jobs'}: {listed}"


def _row(job: Object, now: datetime) -> TopRow:
    summary: Object = dig(job, "status.summary") or {}
    return TopRow(
        namespace=job["metadata"]["namespace"],
        name=job["metadata"]["name"],
        phase=dig(job, "status.phase") or "Unseen",
        workers=summary.get("workers") or "-",
        progress=summary.get("progress") or "-",
        loss=summary.get("loss") or "-",
        eta=summary.get("eta") or "-",
        restarts=str(_restarts(job)),
        age=age(job["metadata"].get("creationTimestamp"), now),
        message=" ".join(plain(dig(job, "status.diagnosis") or "").split()),
    )


def _restarts(job: Object) -> int:
    return sum((dig(job, "status.restarts") or {}).values())


def _place(phase: str) -> int:
    return LOOK_FIRST.index(phase) if phase in LOOK_FIRST else LOOK_FIRST.index("")


def _number(job: Object, path: str, otherwise: float) -> float:
    found = dig(job, path)
    return otherwise if found is None else float(found)


ORDERS: Mapping[str, Callable[[Object, datetime], Any]] = {
    "name": lambda job, now: (job["metadata"]["namespace"], job["metadata"]["name"]),
    "phase": lambda job, now: _place(dig(job, "status.phase") or ""),
    "workers": lambda job, now: -_number(job, "status.workers.running", 0),
    "progress": lambda job, now: _number(job, "status.progress.percent", -1),
    "loss": lambda job, now: math.inf if (loss := loss_of(job)) is None else loss,
    "eta": lambda job, now: _number(job, "status.progress.estimatedSecondsRemaining", math.inf),
    "restarts": lambda job, now: -_restarts(job),
    "age": lambda job, now: seconds_since(job["metadata"].get("creationTimestamp"), now) or 0.0,
}
