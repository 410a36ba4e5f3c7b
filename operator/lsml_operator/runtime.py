"""The operator's parts, joined and running: watches fill the cache, the cache fills the queue, workers empty it."""

import asyncio
import logging
import time
from dataclasses import replace
from datetime import UTC, datetime

from aiohttp import web

from lsml_operator.apply import Conflict, Gone, Writer
from lsml_operator.client import ApiError, Client, Unreachable, wait_for_the_resource
from lsml_operator.job_metrics import JobMetrics
from lsml_operator.leader import lead
from lsml_operator.metrics import Metrics
from lsml_operator.observe.cache import Cache
from lsml_operator.observe.mounts import keep_mounts
from lsml_operator.observe.nodes import keep_nodes
from lsml_operator.observe.pods import keep_pods
from lsml_operator.observe.progress import keep_progress
from lsml_operator.observe.quota import keep_quota
from lsml_operator.observe.read import key_of
from lsml_operator.paths import item
from lsml_operator.reconcile import reconcile
from lsml_operator.server import serve
from lsml_operator.settings import Settings
from lsml_operator.token_key import token_key
from lsml_operator.workqueue import WorkQueue
from lsml_operator.world import JobKey

AT_ONCE = 8
"""Jobs that are looked at side by side."""
DEAF_SECONDS = 90.0
"""An operator whose watch has neither heard nor failed for so long is restarted."""

log = logging.getLogger(__name__)


class Runtime:
    """One operator process."""

    def __init__(self, settings: Settings, client: Client) -> None:
        self.settings = settings
        self.queue: WorkQueue[JobKey] = WorkQueue()
        self.cache = Cache(self.queue.add)
        self.metrics = Metrics()
        self._client = client
        self._writer = Writer(client)
        self._heard = time.monotonic()
        self._leads = False
        self._tasks: list[asyncio.Task[None]] = []
        self._server: web.AppRunner | None = None
        self.metrics.registry.register(
            JobMetrics(lambda: self.cache.jobs() if self._leads else ())
        )  # one tells, not each
        self.metrics.queue_depth.set_function(lambda: len(self.queue))
        self.metrics.watch_age_seconds.set_function(lambda: time.monotonic() - self._heard)

    async def start(self) -> None:
        """Begin to serve, to watch and, as the leader, to work; waits for TrainingJobs to be served, and for a key."""
        self._server = await serve(self.settings.http_port, self.metrics.registry, self._ill, self._ready)
        await wait_for_the_resource(self._client, self._hear)
        if self.settings.namespace is not None:
            key = await token_key(self._client, self.settings.namespace, self._hear)
            self.cache.token_key, self.settings = key, replace(self.settings, token_key=key)
        namespace = self.settings.watch_namespace
        self._tasks = [
            asyncio.create_task(keep_pods(self._client, self.cache, namespace, self._hear), name="pods"),
            asyncio.create_task(keep_progress(self.cache, self.settings.progress_interval_seconds), name="progress"),
            asyncio.create_task(keep_mounts(self._client, self.cache), name="mounts"),
            asyncio.create_task(keep_quota(self._client, self.cache, namespace), name="quota"),
            asyncio.create_task(self._lead_for_ever(), name="work"),
        ]
        if self.settings.node_prices:
            nodes = keep_nodes(self._client, self.cache, self.settings.node_labels)
            self._tasks.append(asyncio.create_task(nodes, name="nodes"))

    async def stop(self) -> None:
        """End all of it; what was being written is done again by whoever comes next."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            await self._server.cleanup()
        await self._client.close()

    def _hear(self) -> None:
        self._heard = time.monotonic()

    def _ready(self) -> bool:
        return self.cache.pods_synced

    def _ill(self) -> str | None:
        for task in self._tasks:
            if task.done():  # none should ever be: its error says why, and a restart is the remedy
                return f"the task {task.get_name()} has ended: {task.exception()!r}\n"
        deaf_seconds = time.monotonic() - self._heard
        return f"the watch of pods has hung for {deaf_seconds:.0f} s\n" if deaf_seconds > DEAF_SECONDS else None

    async def _lead_for_ever(self) -> None:
        while self.settings.namespace is not None:
            await lead(self._client, self.settings.namespace, self.settings.identity, self._work)
        await self._work()  # outside a cluster there is one operator: the developer's

    async def _work(self) -> None:
        self._leads = True
        self.metrics.leading.set(1)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(self._work_on_keys())
        finally:
            self._leads = False
            self.metrics.leading.set(0)

    async def _work_on_keys(self) -> None:
        while True:
            key = await self.queue.get()
            try:
                await self._work_on(key)
            except asyncio.CancelledError:  # the lease is lost: the look is not done, and is owed when it is regained
                self.queue.add(key)
                raise
            finally:
                self.queue.done(key)

    async def _work_on(self, key: JobKey) -> None:
        """One look at one job. Takes any error: a bug that shows in one job must not stop the others."""
        at_least_seconds = 0.0
        try:
            with self.metrics.reconcile_seconds.time():
                wake_seconds = await reconcile(key, self.cache, self._writer, _now, self.settings)
            self.queue.succeeded(key)
            if wake_seconds is not None:
                self.queue.add_after(key, wake_seconds)
            return
        except Gone:
            self.cache.forget_job(key)
            self.queue.forget(key)
            return
        except Conflict:
            await self._look_again(key)
        except (ApiError, Unreachable) as error:
            at_least_seconds = getattr(error, "retry_after_seconds", None) or 0.0
            log.warning("%s/%s is looked at again later: %s", key.namespace, key.name, error)
        except Exception:
            log.exception("%s/%s cannot be looked at, which is a defect of the operator", key.namespace, key.name)
        self.metrics.reconcile_errors.inc()
        self.queue.failed(key, at_least_seconds)

    async def _look_again(self, key: JobKey) -> None:
        """Our copy of the job is old: fetch it rather than wait for the watch. It may be another job of that name."""
        try:
            body = await self._client.request("GET", item("TrainingJob", key.namespace, key.name))
            if key_of(body) == key:
                self.cache.renew_job(body)
            else:
                self.cache.forget_job(key)
        except (ApiError, Unreachable) as error:
            log.warning("%s/%s cannot be read: %s", key.namespace, key.name, error)
        except Exception:  # as in `_work_on`, whose own handler does not see what is raised in another
            log.exception("%s/%s cannot be read, which is a defect of the operator", key.namespace, key.name)


def _now() -> datetime:
    return datetime.now(UTC)
