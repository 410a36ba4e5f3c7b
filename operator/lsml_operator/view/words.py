"""The smallest things that are read of an object: a field, an age. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lsml_operator.texts import duration

Object = Mapping[str, Any]
"""A Kubernetes object as plain JSON values."""


def dig(document: Mapping[str, Any], path: str) -> Any:
    """What is there, None where nothing is."""
    found: Any = document
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def loss_of(job: Object) -> float | None:
    """The last loss of a job, None for one that has told none."""
    metrics = dig(job, "status.progress.metrics") or ()
    return next((float(metric["value"]) for metric in metrics if metric["name"] == "loss"), None)


def age(stamp: str | None, now: datetime) -> str:
    """How long ago, as kubectl writes it; a question mark for what is no time."""
    seconds = seconds_since(stamp, now)
    return "?" if seconds is None else duration(max(0.0, seconds))


def seconds_since(stamp: str | None, now: datetime) -> float | None:
    """None for what is no time."""
    try:
        return (now - datetime.fromisoformat(stamp or "")).total_seconds()
    except (ValueError, TypeError):  # TypeError: a time without its zone
        return None
