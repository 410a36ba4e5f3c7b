"""What the commands read of a job: the job itself, its pods and its events, as plain objects."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lsml_operator.cli.connect import Connection
from lsml_operator.cli.ends import End, Ended
from lsml_operator.labels import JOB
from lsml_operator.paths import collection, item

Object = Mapping[str, Any]
"""A Kubernetes object as plain JSON values."""
PAGE = 500


@dataclass(frozen=True)
class Seen:
    """A job and what belongs to it, at one moment."""

    job: Object
    pods: tuple[Object, ...] = ()
    events: tuple[Object, ...] = ()
    """Oldest first."""


async def read_job(connection: Connection, name: str) -> dict[str, Any]:
    """The job; raises Ended where there is none."""
    from lsml_operator.client import ApiError  # noqa: PLC0415  (takes long)

    try:
        return await connection.client.request("GET", item("TrainingJob", connection.namespace, name))
    except ApiError as error:
        if error.code == 404:
            raise missing(connection, name, error.message) from None
        raise


def missing(connection: Connection, name: str, said: str) -> Ended:
    """The end of a command whose job, or whose resource, is not there."""
    if "could not find the requested resource" in said:
        return Ended(End.NOT_FOUND, "the cluster does not know TrainingJobs: install LSML in it first")
    return Ended(
        End.NOT_FOUND,
        f"there is no TrainingJob {name!r} in namespace {connection.namespace}; `lsml top -A` shows those that are",
    )


async def see(connection: Connection, name: str, with_pods_events: bool = False) -> Seen:
    """All that there is of a job; without what the user may not read."""
    job = await read_job(connection, name)
    pods = await _list_if_allowed(connection, "Pod", pods_query(name))
    events = await _list_if_allowed(connection, "CoreEvent", events_query(name))
    if with_pods_events:
        for pod in pods[:8]:
            events += await _list_if_allowed(connection, "CoreEvent", events_query(pod["metadata"]["name"], kind="Pod"))
    return Seen(job, in_order(pods), of_this(job, pods, events))


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


async def list_all(connection: Connection, kind: str, namespace: str | None, query: Mapping[str, str]) -> list[Object]:
    """All objects of a kind, page by page."""
    found: list[Object] = []
    page = {"limit": str(PAGE)}
    while True:
        answer = await connection.client.request("GET", collection(kind, namespace), query={**query, **page})
        found += answer["items"]
        next_page = answer["metadata"].get("continue")
        if not next_page:
            return found
        page["continue"] = next_page


async def _list_if_allowed(connection: Connection, kind: str, query: Mapping[str, str]) -> list[Object]:
    from lsml_operator.client import ApiError  # noqa: PLC0415  (takes long)

    try:
        return await list_all(connection, kind, connection.namespace, query)
    except ApiError as error:
        if error.code == 403:
            return []
        raise
