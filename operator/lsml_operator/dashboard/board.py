"""What is known of all jobs and their pods, and when it changed. No I/O."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from lsml_operator.dashboard.history import History
from lsml_operator.dashboard.rows import row_of
from lsml_operator.labels import JOB
from lsml_operator.view.words import Object

Named = tuple[str, str]
"""Namespace and name."""


class Board:
    """Jobs and pods as they were last seen; each job's row, its version, and its history."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._jobs: dict[Named, Object] = {}
        self._rows: dict[Named, tuple[int, dict[str, object]]] = {}  # with the version that they are of
        self._versions: dict[Named, int] = {}  # of the job with its pods
        self._histories: dict[str, History] = {}  # by the job's UID
        self._pods: defaultdict[Named, dict[str, Object]] = defaultdict(dict)  # job -> pods by name
        self._version = 0
        self._news = asyncio.Event()
        self.synced = False

    # What the API server says

    def replace_jobs(self, bodies: Iterable[Object]) -> None:
        """All jobs were listed."""
        listed = {_named(body): body for body in bodies}
        for gone in self._jobs.keys() - listed.keys():
            self._drop(gone)
        for body in listed.values():
            self._put(body)
        self.synced = True

    def take_job(self, change: str, body: Object) -> None:
        """A job came, changed, or went."""
        if change == "DELETED":
            self._drop(_named(body))
        else:
            self._put(body)

    def replace_pods(self, bodies: Iterable[Object]) -> None:
        """All pods were listed."""
        self._pods.clear()
        for body in bodies:
            self.take_pod("ADDED", body)

    def take_pod(self, change: str, body: Object) -> None:
        """A pod came, changed, or went."""
        namespace, name = _named(body)
        job = (namespace, body["metadata"]["labels"][JOB])
        if change == "DELETED":
            self._pods[job].pop(name, None)
        else:
            self._pods[job][name] = body
        if not self._pods[job]:
            del self._pods[job]
        self._touch(job)

    # What is asked

    def job(self, named: Named) -> tuple[Object, History] | None:
        """The job and its history, if there is one of that name."""
        job = self._jobs.get(named)
        return None if job is None else (job, self._histories[job["metadata"]["uid"]])

    def pods(self, named: Named) -> list[Object]:
        """The pods that carry the job's name."""
        return list(self._pods.get(named, {}).values())

    def version(self, named: Named) -> int:
        """Another number whenever the job or one of its pods has changed; 0 for one that is not there."""
        return self._versions.get(named, 0)

    def namespaces(self) -> set[str]:
        """Those that have jobs."""
        return {namespace for namespace, _ in self._jobs}

    def rows(self, namespaces: set[str]) -> Iterator[tuple[Named, int, dict[str, object]]]:
        """The rows of the jobs of these namespaces, with their versions."""
        for named, (version, row) in self._rows.items():
            if named[0] in namespaces:
                yield named, version, row

    async def news(self, within_seconds: float) -> None:
        """Returns once anything changed, or after these seconds."""
        try:
            await asyncio.wait_for(self._news.wait(), within_seconds)
        except TimeoutError:
            return

    def _put(self, body: Object) -> None:
        named, uid = _named(body), body["metadata"]["uid"]
        known = self._jobs.get(named)
        if known is not None and known["metadata"]["uid"] != uid:  # another one has its name
            self._drop(named)
        elif known is not None and known["metadata"]["resourceVersion"] == body["metadata"]["resourceVersion"]:
            return
        self._jobs[named] = body
        self._histories.setdefault(uid, History()).see(body, self._clock())
        self._touch(named)
        row = row_of(body)
        if named not in self._rows or self._rows[named][1] != row:
            self._rows[named] = (self._version, row)

    def _drop(self, named: Named) -> None:
        job = self._jobs.pop(named, None)
        if job is not None:
            del self._histories[job["metadata"]["uid"]], self._rows[named], self._versions[named]
            self._tell()

    def _touch(self, named: Named) -> None:
        if named in self._jobs:
            self._version += 1
            self._versions[named] = self._version
            self._tell()

    def _tell(self) -> None:
        """Wakes who waits now; who comes later waits for the next."""
        self._news.set()
        self._news = asyncio.Event()


def _named(body: Object) -> Named:
    return body["metadata"]["namespace"], body["metadata"]["name"]
