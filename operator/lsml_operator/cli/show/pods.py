"""The workers of a job as a table for a terminal. Pure."""

from collections.abc import Iterable
from datetime import datetime

from rich.table import Table
from rich.text import Text

from lsml_operator.cli.show.words import plain, styled
from lsml_operator.view.words import Object
from lsml_operator.view.workers import WorkerRow, worker_rows


def workers_table(job: Object, pods: Iterable[Object], now: datetime, most: int = 64) -> Table:
    """A row a worker; of more than `most` those that run are left out first, and counted."""
    rows = list(worker_rows(job, pods, now))
    shown = _most_telling(rows, most)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("WORKER", "STATE", "ATTEMPT", "NODE"):
        table.add_column(title, no_wrap=True)
    table.add_column("WHY", overflow="fold")
    for row in shown:
        table.add_row(row.name, styled(row.state), row.attempt, row.node, plain(row.why))
    if len(rows) > len(shown):
        table.add_row(Text(f"and {len(rows) - len(shown)} more", "dim"))
    return table


def _most_telling(rows: list[WorkerRow], most: int) -> list[WorkerRow]:
    if len(rows) <= most:
        return rows
    kept = sorted(range(len(rows)), key=lambda place: rows[place].state == "Running")[:most]
    return [rows[place] for place in sorted(kept)]
