"""What belongs to a job: how its pods and its events are found, and which of those that are found are its own. Pure."""

from collections.abc import Iterable

from lsml_operator.labels import JOB
from lsml_operator.view.words import Object


def pods_query(job: str) -> dict[str, str]:
    """Finds a job's pods."""
    return {"labelSelector": f"{JOB}={job}"}


def events_query(name: str, kind: str = "TrainingJob") -> dict[str, str]:
    """Finds the events of an object."""
    return {"fieldSelector": f"involvedObject.kind={kind},involvedObject.name={name}"}


def in_order(pods: Iterable[Object]) -> tuple[Object, ...]:
    """By their names, numbers in them by their size: w2 before w10."""
    return tuple(sorted(pods, key=lambda pod: (len(pod["metadata"]["name"]), pod["metadata"]["name"])))


def of_this(job: Object, pods: Iterable[Object], events: Iterable[Object]) -> tuple[Object, ...]:
    """The events of the job and its pods, none of a namesake that came before them; oldest first."""
    own = {each["metadata"]["uid"] for each in (job, *pods)}
    return tuple(sorted((event for event in events if event["involvedObject"].get("uid") in own), key=last_seen))


def last_seen(event: Object) -> str:
    """When it last happened, as Kubernetes writes it; whole seconds, so that texts compare as times do."""
    series = event.get("series") or {}
    found = (
        series.get("lastObservedTime")
        or event.get("lastTimestamp")
        or event.get("eventTime")
        or event["metadata"].get("creationTimestamp")
        or ""
    )
    return str(found)[:19] + "Z"
