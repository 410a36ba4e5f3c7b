"""A job as plain lines: for logs, pipes and the end of a watch. Pure but for what `Lines` remembers."""

from collections.abc import Iterator
from datetime import datetime

from lsml_operator.cli.reading import Seen
from lsml_operator.cli.show.facts import evaluation_text, metrics_text
from lsml_operator.cli.show.words import plain
from lsml_operator.texts import stamp
from lsml_operator.view.belongings import last_seen
from lsml_operator.view.training import predictions_of
from lsml_operator.view.words import Object


def job_line(job: Object) -> str:
    """Such as `iris Running 63% loss 0.1234, 1/1 workers, 2m10s left: training`."""
    status: Object = job.get("status") or {}
    summary: Object = status.get("summary") or {}
    parts = [
        f"{job['metadata']['name']} {status.get('phase') or 'not seen by an operator yet'}",
        summary.get("progress") or "",
        metrics_text(status.get("progress") or {}),
    ]
    more = [
        f"{summary['workers']} workers" if summary.get("workers") else "",
        f"{summary['eta']} left" if summary.get("eta") else "",
    ]
    head = ", ".join(filter(None, (" ".join(filter(None, parts)), *more)))
    return plain(f"{head}: {status['diagnosis']}" if status.get("diagnosis") else head).replace("\n", " ")


def end_line(job: Object) -> str:
    """Such as `iris Succeeded: accuracy 0.9667 on 30 held-out rows; the model is at pvc://models/iris`."""
    status: Object = job.get("status") or {}
    parts = []
    if status.get("phase") == "Failed":
        parts.append(status.get("diagnosis") or "")
    if status.get("evaluation"):
        parts.append(evaluation_text(status["evaluation"]))
    if status.get("model"):
        parts.append(f"the model is at {status['model']['uri']}")
    if predictions := predictions_of(job):
        parts.append(f"the predictions are at {predictions}")
    head = f"{job['metadata']['name']} {status.get('phase')}"
    return plain(f"{head}: {'; '.join(parts)}" if parts else head)


class Lines:
    """Remembers what was told."""

    def __init__(self) -> None:
        self._told = ""
        self._events: set[tuple[str, str]] = set()

    def new_in(self, seen: Seen, now: datetime) -> Iterator[str]:
        """A line for each event that was not told, and one for the job where it stands differently."""
        for event in seen.events:
            key = (event["metadata"]["uid"], last_seen(event))
            if key not in self._events:
                self._events.add(key)
                message = plain(event.get("message") or "").replace("\n", " ")
                yield f"{last_seen(event)} {event.get('reason')}: {message}"
        line = job_line(seen.job)
        if line != self._told:
            self._told = line
            yield f"{stamp(now)} {line}"
