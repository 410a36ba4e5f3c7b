"""Why a job stands where it stands: the sentence, what would help, and what it is concluded from. Pure."""

from collections.abc import Iterator
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from lsml_operator.cli.reading import Seen
from lsml_operator.cli.show.facts import restarts_text
from lsml_operator.cli.show.job import events_table
from lsml_operator.cli.show.pods import workers_table
from lsml_operator.cli.show.words import plain, styled
from lsml_operator.view.remedies import help_for, remedies
from lsml_operator.view.words import Object, age

UNSEEN_SECONDS = 30


def diagnosis_screen(seen: Seen, now: datetime) -> RenderableType:
    """The whole of it."""
    parts = [_sentence(seen.job, now), *_bulleted("What would help", _help(seen.job, now)), *_evidence(seen, now)]
    return Group(*(line for part in parts for line in (part, Text())))


def _sentence(job: Object, now: datetime) -> Text:
    status: Object = job.get("status") or {}
    name = Text().append(f"{job['metadata']['name']} ", "bold")
    if not status.get("phase"):
        since = age(job["metadata"].get("creationTimestamp"), now)
        return name.append(f"was created {since} ago, and no operator has seen it yet")
    reason, since = _reason(job), _since(job, now)
    name.append("is ").append_text(styled(status["phase"])).append(f" ({reason}{since}): ")
    return name.append(plain(status.get("diagnosis") or "nothing more is known"))


def _help(job: Object, now: datetime) -> tuple[str, ...]:
    status: Object = job.get("status") or {}
    if not status.get("phase"):
        return (
            "kubectl get deployment -A -l app.kubernetes.io/name=lsml shows whether an operator runs",
            "one that is limited to a namespace (watchNamespace) sees no other's jobs",
        )
    found = help_for(status, job["metadata"]["name"])
    out_of_memory = (status.get("restarts") or {}).get("outOfMemory")
    return found + (remedies("OutOfMemory", job["metadata"]["name"]) if out_of_memory else ())


def _evidence(seen: Seen, now: datetime) -> Iterator[RenderableType]:
    status: Object = seen.job.get("status") or {}
    restarts = restarts_text(status.get("restarts") or {})
    if restarts:
        yield Text.assemble(("Restarts  ", "bold"), restarts)
    tables = (workers_table(seen.job, seen.pods, now), events_table(seen.events[-12:], now))
    yield from (table for table in tables if table.row_count)


def _bulleted(title: str, lines: tuple[str, ...]) -> Iterator[RenderableType]:
    if lines:
        bullets = Table.grid(padding=(0, 1, 0, 0))
        for line in lines:
            bullets.add_row("  -", Text(line))
        yield Group(Text(title, "bold"), bullets)


def _reason(job: Object) -> str:
    return str(_ready(job).get("reason") or "no reason")


def _since(job: Object, now: datetime) -> str:
    stamp = _ready(job).get("lastTransitionTime")
    return f", for {age(stamp, now)}" if stamp else ""


def _ready(job: Object) -> Object:
    conditions = (job.get("status") or {}).get("conditions") or ()
    return next((condition for condition in conditions if condition["type"] == "Ready"), {})
