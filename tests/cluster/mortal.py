"""The operator's own reconcile, run by a test: over a client that dies at a chosen write, by a clock that can be set.

    write k:  the request is built ──(BEFORE)──> sent ──> committed by the server ──(AFTER)──> the answer is read

Must not start a task: all that happens, happens in the order in which the test says it.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

from kubernetes.aio import client, config

from cluster.process import IMAGE
from lsml_operator.apply import Conflict, Gone, Writer
from lsml_operator.client import ApiError, Client, Unreachable
from lsml_operator.observe.cache import Cache
from lsml_operator.observe.read import key_of
from lsml_operator.paths import item
from lsml_operator.reconcile import reconcile
from lsml_operator.settings import Settings
from lsml_operator.world import JobKey

TOKEN_KEY = bytes(32)
MOST_LOOKS = 20
"""An operator that still writes after so many looks at a job that nothing happens to never comes to rest."""

MOST_ATTEMPTS = 3
"""No job of these tests has more pods, one after the other."""


class Moment(Enum):
    """When, in the course of a write, something goes wrong."""

    BEFORE = "before it was sent"
    AFTER = "after the server committed it, before the answer"


class Killed(BaseException):
    """The process is gone, as by kill -9: nothing in it may catch this."""


class MortalClient(Client):
    """Counts its writes; at the chosen one it kills the operator."""

    def __init__(self, configuration: Any) -> None:
        super().__init__(configuration)
        self.writes: list[str] = []
        self.fatal_write = 0
        """Counted from 1; 0: it lives for ever."""
        self.moment = Moment.BEFORE
        self.error: Callable[[], BaseException] = Killed
        self.before_write: Callable[[str], None] = lambda _: None
        """Called before each write with its method and path: what happens elsewhere in the meantime."""
        self.after_write: Callable[[str], None] = lambda _: None
        """Called after each write that the server took."""

    async def request(self, method: str, path: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        """As of Client, but that a write may be the last."""
        if method == "GET":
            return await super().request(method, path, *arguments, **options)
        self.writes.append(f"{method} {path}")
        self.before_write(self.writes[-1])
        fatal = len(self.writes) == self.fatal_write
        if fatal and self.moment is Moment.BEFORE:
            raise self.error()
        answer = await super().request(method, path, *arguments, **options)
        self.after_write(self.writes[-1])
        if fatal:
            raise self.error()
        return answer


async def connect(kubeconfig: Path) -> MortalClient:
    """A client of the administrator's."""
    configuration = client.Configuration()
    await config.load_kube_config(config_file=str(kubeconfig), client_configuration=configuration)  # type: ignore[no-untyped-call]
    return MortalClient(configuration)


class Clock:
    """The time of day, which a test can put forward."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def forward(self, seconds: float) -> None:
        """From now on it is that much later."""
        self._ahead += timedelta(seconds=seconds)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead


class MortalOperator:
    """One life of an operator that looks after one job: a cache of its own, and no other memory."""

    def __init__(self, connection: MortalClient, clock: Clock, namespace: str, job: str) -> None:
        self.settings = Settings(trainer_image=IMAGE, token_key=TOKEN_KEY)
        self.cache = Cache(self._look_again)
        self.cache.token_key = TOKEN_KEY
        self._news = False
        self._client = connection
        self._clock = clock
        self._namespace = namespace
        self._job = job
        self._writer = Writer(connection)
        self._seen: dict[str, Any] | None = None

    async def settle(self) -> None:
        """Look at the job again and again, until a look writes nothing and learns nothing. Raises Killed."""
        for _ in range(MOST_LOOKS):
            writes = len(self._client.writes)
            await self.see()
            self._news = False
            await self.reconcile()
            if len(self._client.writes) == writes and not self._news:
                return
        raise AssertionError(f"the operator does not come to rest; its last writes: {self._client.writes[-10:]}")

    def _look_again(self, _: JobKey) -> None:
        self._news = True

    async def see(self) -> None:
        """Fill the cache with what is there now."""
        seen = await self._find("TrainingJob", self._job)
        if self._seen is not None and (seen is None or key_of(seen) != key_of(self._seen)):
            self.cache.drop_job(self._seen)
        if seen is not None:
            self.cache.put_job(seen)
        self._seen = seen
        names = [f"{self._job}-{part}-{attempt}" for part in ("w0", "coordinator") for attempt in range(MOST_ATTEMPTS)]
        pods = [await self._find("Pod", name) for name in names]
        self.cache.replace_pods(pod for pod in pods if pod is not None)

    async def reconcile(self) -> None:
        """One look at the job as it was last seen; the errors that the work queue takes are taken here, too."""
        if self._seen is None:
            return
        try:
            await reconcile(key_of(self._seen), self.cache, self._writer, self._clock, self.settings)
        except (Conflict, Gone, Unreachable):
            return

    async def _find(self, kind: str, name: str) -> dict[str, Any] | None:
        """One object: a list would wait up to 100 ms for the API server's cache."""
        try:
            return await self._client.request("GET", item(kind, self._namespace, name))
        except ApiError as error:
            if error.code != 404:
                raise
            return None
