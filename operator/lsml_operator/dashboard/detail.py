"""All that the page shows of one job. Pure; what its reader may not see is not handed in."""

from collections.abc import Iterable
from datetime import datetime

from lsml_operator.dashboard.history import History
from lsml_operator.dashboard.rows import row_of
from lsml_operator.view.belongings import in_order, last_seen, of_this
from lsml_operator.view.remedies import help_for
from lsml_operator.view.training import predictions_of, what_it_trains
from lsml_operator.view.words import Object, dig
from lsml_operator.view.workers import worker_rows

PARTS = ("progress", "evaluation", "model", "checkpoint", "goodput", "cost", "restarts", "startTime", "completionTime")
"""Of the status, as they are."""
MOST_EVENTS = 50


def detail_of(
    job: Object, pods: Iterable[Object], events: Iterable[Object], history: History, now: datetime
) -> dict[str, object]:
    """The row, and what is behind it."""
    pods, status = in_order(pods), dig(job, "status") or {}
    ready = _ready(job)
    return {
        **row_of(job),
        **{part: status.get(part) for part in PARTS},
        "task": what_it_trains(job),
        "predictions": predictions_of(job),
        "reason": ready.get("reason"),
        "since": ready.get("lastTransitionTime"),
        "remedies": help_for(status, job["metadata"]["name"]),
        "conditions": status.get("conditions") or [],
        "workers": [row._asdict() for row in worker_rows(job, pods, now)],
        "events": [_event(event) for event in of_this(job, pods, events)[: -MOST_EVENTS - 1 : -1]],
        "history": history.as_json(),
    }


def _ready(job: Object) -> Object:
    conditions = dig(job, "status.conditions") or ()
    return next((condition for condition in conditions if condition["type"] == "Ready"), {})


def _event(event: Object) -> dict[str, object]:
    return {
        "time": last_seen(event),
        "type": event.get("type"),
        "reason": event.get("reason"),
        "message": event.get("message"),
        "count": (event.get("series") or {}).get("count") or event.get("count") or 1,
        "object": dig(event, "involvedObject.name"),
    }
