"""All jobs, a line each. Pure; written without rich's tables, which take a second for a thousand rows.

Made of what kubectl prints of a job: the API server's cells, by the titles of their columns.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from rich.text import Text

from lsml_operator.cli.show.words import STYLES, plain
from lsml_operator.texts import seconds_of
from lsml_operator.view.words import Object

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


def rows_of(jobs: Iterable[Object], order: str = "phase", reverse: bool = False) -> list[TopRow]:
    """The rows in their order; jobs that are equal in it by namespace and name."""
    by_name = sorted(jobs, key=lambda job: (job["Namespace"], job["Name"]))
    return [_row(job) for job in sorted(by_name, key=ORDERS[order], reverse=reverse)]


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


def _row(job: Object) -> TopRow:
    def cell(title: str) -> str:
        return "-" if job.get(title) in (None, "") else str(job[title])

    return TopRow(
        namespace=job["Namespace"],
        name=job["Name"],
        phase=job.get("Phase") or "Unseen",
        workers=cell("Workers"),
        progress=cell("Progress"),
        loss=cell("Loss"),
        eta=cell("ETA"),
        restarts=cell("Restarts"),
        age=cell("Age"),
        message=" ".join(plain(job.get("Message") or "").split()),
    )


def _place(phase: str) -> int:
    return LOOK_FIRST.index(phase) if phase in LOOK_FIRST else LOOK_FIRST.index("")


def _number(words: str | None, otherwise: float) -> float:
    """Of a share of all, of 2/3 or 63%, or a number itself."""
    return float(words.partition("/")[0].rstrip("%")) if words else otherwise


def _seconds(words: str | None) -> float:
    seconds = seconds_of(words or "")
    return math.inf if seconds is None else seconds


ORDERS: Mapping[str, Callable[[Object], Any]] = {
    "name": lambda job: (job["Namespace"], job["Name"]),
    "phase": lambda job: _place(job.get("Phase") or ""),
    "workers": lambda job: -_number(job.get("Workers"), 0),
    "progress": lambda job: _number(job.get("Progress"), -1),
    "loss": lambda job: _number(job.get("Loss"), math.inf),
    "eta": lambda job: _seconds(job.get("ETA")),
    "restarts": lambda job: -(job.get("Restarts") or 0),
    "age": lambda job: _seconds(job.get("Age")),
}
