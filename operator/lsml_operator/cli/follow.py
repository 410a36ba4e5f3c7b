"""A job, its pods and its events as they change. Survives an API server that goes away for a while."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Self

from lsml_operator.cli.connect import Connection
from lsml_operator.cli.ends import End, Ended
from lsml_operator.cli.reading import Seen, read_job
from lsml_operator.client import ApiError, Unreachable
from lsml_operator.paths import collection
from lsml_operator.view.belongings import events_query, in_order, of_this, pods_query
from lsml_operator.view.words import Object

RETRY_SECONDS = (0.5, 1.0, 2.0, 5.0)
FORBIDDEN = 403


class Follower:
    """What was seen last; `changed` is set whenever there is something new."""

    def __init__(self, connection: Connection, name: str, job: Object) -> None:
        self._connection = connection
        self._name = name
        self._first = job
        self._objects: dict[str, dict[str, Object]] = {kind: {} for kind in ("TrainingJob", "Pod", "CoreEvent")}
        self._objects["TrainingJob"][job["metadata"]["uid"]] = job
        self.changed = asyncio.Event()
        self.trouble: str | None = None
        """Why nothing new is seen at the moment."""
        self._work: asyncio.Future[Any] | None = None

    @property
    def seen(self) -> Seen:
        """The job and what belongs to it; raises Ended once it is gone."""
        job = self._objects["TrainingJob"].get(self._first["metadata"]["uid"])
        if job is None:
            raise Ended(End.NOT_FOUND, f"TrainingJob {self._name!r} was deleted")
        pods = in_order(self._objects["Pod"].values())
        return Seen(job, pods, of_this(job, pods, self._objects["CoreEvent"].values()))

    async def wait(self, seconds: float) -> None:
        """Returns when something is new, or after these seconds; raises what ended the following."""
        if self._work is not None and self._work.done():
            self._work.result()
        try:
            async with asyncio.timeout(seconds):  # wait_for of Python 3.11 forgets a cancel that comes with the news
                await self.changed.wait()
        except TimeoutError:
            return
        self.changed.clear()

    async def __aenter__(self) -> Self:
        self._work = asyncio.gather(
            self._mirror("TrainingJob", {"fieldSelector": f"metadata.name={self._name}"}),
            self._mirror("Pod", pods_query(self._name)),
            self._mirror("CoreEvent", events_query(self._name)),
        )
        self._work.add_done_callback(lambda _: self.changed.set())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._work is not None
        self._work.cancel()
        await asyncio.gather(self._work, return_exceptions=True)

    async def _mirror(self, kind: str, query: Mapping[str, str]) -> None:
        failures = 0
        while True:
            try:
                await self._list_and_watch(kind, query)
                failures = 0
            except Unreachable as error:
                self._tell(str(error))
            except ApiError as error:
                if error.code == FORBIDDEN and kind != "TrainingJob":
                    return  # one may see jobs without seeing their pods
                if not error.transient and error.code not in (404, 410):
                    raise
                self._tell(error.message)
            await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
            failures += 1

    async def _list_and_watch(self, kind: str, query: Mapping[str, str]) -> None:
        path = collection(kind, self._connection.namespace)
        listed = await self._connection.client.request("GET", path, query=query)
        self._objects[kind] = {item["metadata"]["uid"]: item for item in listed["items"]}
        self._tell(None)
        start = {**query, "resourceVersion": listed["metadata"]["resourceVersion"]}
        async for event in self._connection.client.watch(path, start):
            self._take(kind, event["type"], event["object"])

    def _take(self, kind: str, type_: str, body: dict[str, Any]) -> None:
        if type_ == "BOOKMARK":
            return
        if type_ == "DELETED":
            self._objects[kind].pop(body["metadata"]["uid"], None)
        else:
            self._objects[kind][body["metadata"]["uid"]] = body
        self.changed.set()

    def _tell(self, trouble: str | None) -> None:
        self.trouble = trouble
        self.changed.set()


async def follower_of(connection: Connection, name: str) -> Follower:
    """A follower, which keeps up within `async with`; raises Ended where there is no such job."""
    return Follower(connection, name, await read_job(connection, name))


async def until_end(follower: Follower, show: Callable[[Seen], None], tick_seconds: float) -> Seen:
    """What was seen once the job had ended; shows it whenever something is new, and each tick."""
    while True:
        seen = follower.seen
        show(seen)
        if end_of(seen.job) is not None:
            return seen
        await follower.wait(tick_seconds)


def end_of(job: Object) -> End | None:
    """How the job ended; None for one that has not."""
    found = {condition["type"]: condition["status"] for condition in (job.get("status") or {}).get("conditions") or ()}
    if found.get("Complete") == "True":
        return End.DONE
    return End.JOB_FAILED if found.get("Failed") == "True" else None
