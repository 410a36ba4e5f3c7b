"""The screens of one job: `status`, and the shorter one of `watch`. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from lsml_operator.cli.reading import Seen
from lsml_operator.cli.show.facts import facts
from lsml_operator.cli.show.pods import workers_table
from lsml_operator.cli.show.words import plain, styled
from lsml_operator.view.belongings import last_seen
from lsml_operator.view.words import Object, age

OTHER_LINES = 14
"""Of a watch: headline, titles, empty lines, a sentence that is folded."""


def status_screen(seen: Seen, now: datetime) -> RenderableType:
    """All of it."""
    return _parts(
        headline(seen.job),
        facts(seen.job, now),
        workers_table(seen.job, seen.pods, now),
        _conditions(seen.job, now),
        events_table(seen.events[-20:], now),
    )


def watch_screen(seen: Seen, now: datetime, losses: Sequence[float], most_lines: int) -> RenderableType:
    """What changes while one looks; of workers and events as many as fit into so many lines."""
    events = seen.events[-max(3, most_lines // 5) :]
    said = facts(seen.job, now, losses)
    left = most_lines - said.row_count - len(events) - OTHER_LINES
    return _parts(
        headline(seen.job),
        said,
        workers_table(seen.job, seen.pods, now, most=max(3, left)),
        events_table(events, now),
    )


def headline(job: Object) -> RenderableType:
    """Whose status it is, its phase, and the one sentence."""
    status: Object = job.get("status") or {}
    metadata = job["metadata"]
    name = Text.assemble((metadata["name"], "bold"), (f"  {metadata['namespace']}", "dim"), "  ")
    name.append_text(styled(status.get("phase") or "not seen by an operator yet"))
    if status.get("phase") and status.get("observedGeneration") != metadata.get("generation"):
        name.append("  (of the specification before the last change)", "dim")
    return Group(name, Text(plain(status["diagnosis"]))) if status.get("diagnosis") else name


def events_table(events: Iterable[Object], now: datetime) -> Table:
    """Oldest first, so that the newest is nearest to the prompt."""
    table = _table("AGE", "EVENT", last="WHAT")
    for event in events:
        count = (event.get("series") or {}).get("count") or event.get("count") or 1
        times = f" (x{count})" if count > 1 else ""
        reason = Text(event.get("reason") or "", "yellow" if event.get("type") == "Warning" else "")
        table.add_row(age(last_seen(event), now), reason, plain(event.get("message") or "") + times)
    return table


def _conditions(job: Object, now: datetime) -> Table:
    table = _table("CONDITION", "STATUS", "REASON", "SINCE", last="MESSAGE")
    for condition in (job.get("status") or {}).get("conditions") or ():
        since = age(condition.get("lastTransitionTime"), now)
        message = plain(condition.get("message") or "")
        table.add_row(condition["type"], styled(condition["status"]), condition.get("reason"), since, message)
    return table


def _table(*titles: str, last: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in titles:
        table.add_column(title, no_wrap=True)
    table.add_column(last, overflow="fold")
    return table


def _parts(*parts: RenderableType) -> Group:
    """With an empty line between them; tables without a row are left out."""
    shown = [part for part in parts if not (isinstance(part, Table) and part.row_count == 0)]
    return Group(*(line for part in shown for line in (part, Text())))
