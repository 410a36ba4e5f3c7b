"""What the commands read of a job: the job itself, its pods and its events, as plain objects."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from lsml_operator.cli.connect import Connection
from lsml_operator.cli.ends import End, Ended
from lsml_operator.paths import collection, item
from lsml_operator.view.belongings import events_query, in_order, of_this, pods_query
from lsml_operator.view.words import Object

PAGE = 500
JSON = "application/json"


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
    pods = await list_if_allowed(connection, "Pod", pods_query(name))
    events = await list_if_allowed(connection, "CoreEvent", events_query(name))
    if with_pods_events:
        for pod in pods[:8]:
            events += await list_if_allowed(connection, "CoreEvent", events_query(pod["metadata"]["name"], kind="Pod"))
    return Seen(job, in_order(pods), of_this(job, pods, events))


async def list_all(connection: Connection, kind: str, namespace: str | None, query: Mapping[str, str]) -> list[Object]:
    """All objects of a kind, page by page."""
    return [item async for page in _pages(connection, kind, namespace, query) for item in page["items"]]


async def list_cells(connection: Connection, namespace: str | None, query: Mapping[str, str]) -> list[Object]:
    """Of all TrainingJobs, or those of a namespace, what kubectl prints of each: by the titles of the columns.

    And `Namespace`. That is a twentieth of the jobs themselves, which takes the API server a tenth of the time.
    """
    from lsml_operator.client import AS_TABLE  # noqa: PLC0415  (takes long)

    found: list[Object] = []
    query = {**query, "includeObject": "Metadata" if namespace is None else "None"}
    async for page in _pages(connection, "TrainingJob", namespace, query, AS_TABLE):
        titles = [column["name"] for column in page["columnDefinitions"]]
        for row in page["rows"]:
            cells = dict(zip(titles, row["cells"], strict=True))
            found.append({**cells, "Namespace": namespace or row["object"]["metadata"]["namespace"]})
    return found


async def _pages(
    connection: Connection, kind: str, namespace: str | None, query: Mapping[str, str], accept: str = JSON
) -> AsyncIterator[Object]:
    page = {"limit": str(PAGE)}
    while True:
        path = collection(kind, namespace)
        answer = await connection.client.request("GET", path, query={**query, **page}, accept=accept)
        yield answer
        next_page = answer["metadata"].get("continue")
        if not next_page:
            return
        page["continue"] = next_page


async def list_if_allowed(connection: Connection, kind: str, query: Mapping[str, str]) -> list[Object]:
    from lsml_operator.client import ApiError  # noqa: PLC0415  (takes long)

    try:
        return await list_all(connection, kind, connection.namespace, query)
    except ApiError as error:
        if error.code == 403:
            return []
        raise
