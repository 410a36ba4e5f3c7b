"""One replica writes: a Lease, by the client's own leader election.

The election is the package's; the lock is ours. The package's LeaseLock cannot create a Lease in 37.0.2 (it passes
`pretty=True` where only a string is taken), waits without limit for an answer and lets a broken connection end the
process. Here each request is bounded and every failure means "not renewed", so that a leader without an API server
stops before anybody else may take the lease.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from kubernetes.aio.client.exceptions import ApiException
from kubernetes.aio.leaderelection.electionconfig import Config
from kubernetes.aio.leaderelection.leaderelection import LeaderElection
from kubernetes.aio.leaderelection.leaderelectionrecord import LeaderElectionRecord
from kubernetes.aio.leaderelection.resourcelock.baselock import BaseLock

from lsml_operator.client import ApiError, Client, Unreachable
from lsml_operator.paths import collection, item
from lsml_operator.texts import stamp

LEASE_NAME = "lsml-operator"
LEASE_SECONDS = 15
RENEW_DEADLINE_SECONDS = 6
RETRY_SECONDS = 2
REQUEST_SECONDS = 2.0
# The election looks at the deadline only between attempts, each of two requests, and waits before and after: from its
# last renewal a leader works for at most RETRY + RENEW_DEADLINE + 2 REQUEST + RETRY = 14 s, less than the lease's 15.

log = logging.getLogger(__name__)


class Lease(BaseLock):
    """A Lease as the election wants to see it: records in, records out, False for whatever goes wrong."""

    def __init__(self, client: Client, namespace: str, identity: str) -> None:
        super().__init__(LEASE_NAME, namespace, identity)
        self._client = client
        self._seen: dict[str, Any] = {}  # as it was last read: its version guards the next write

    async def get(self, name: str, namespace: str) -> tuple[bool, Any]:
        """The record; or False and an error in the election's own form."""
        try:
            self._seen = await self._request("GET", item("Lease", namespace, name))
        except ApiError as error:
            refusal = ApiException(status=error.code, reason=error.reason)
            refusal.body = json.dumps({"code": error.code})
            return False, refusal
        except Unreachable as error:
            return False, ApiException(status=0, reason=str(error))
        spec = self._seen.get("spec", {})
        duration = spec.get("leaseDurationSeconds")
        return True, LeaderElectionRecord(
            spec.get("holderIdentity"),
            None if duration is None else str(duration),
            spec.get("acquireTime"),
            spec.get("renewTime"),
        )

    async def create(self, name: str, namespace: str, election_record: LeaderElectionRecord) -> bool:
        """Whether the Lease was made."""
        body = {"metadata": {"name": name, "namespace": namespace}, "spec": self._spec(election_record)}
        return await self._write("POST", collection("Lease", namespace), body)

    async def update(self, name: str, namespace: str, updated_record: LeaderElectionRecord) -> bool:
        """Whether the Lease was renewed or taken; not if somebody wrote it since it was read."""
        body = self._seen | {"spec": self._spec(updated_record)}
        return await self._write("PUT", item("Lease", namespace, name), body)

    async def release(self) -> None:
        """Let the next replica lead at once, if it is still ours."""
        found, record = await self.get(self.name, self.namespace)
        if found and record.holder_identity == self.identity:
            await self._write("PUT", item("Lease", self.namespace, self.name), self._seen | {"spec": {}})

    def _spec(self, record: LeaderElectionRecord) -> dict[str, Any]:
        """The record with times in the Lease's own form; one that is not ours to set is kept."""
        now = stamp(datetime.now(UTC), "microseconds")
        spec = self._seen.get("spec", {})
        renewed = spec.get("holderIdentity") == record.holder_identity
        return {
            "holderIdentity": record.holder_identity,
            "leaseDurationSeconds": int(float(record.lease_duration or LEASE_SECONDS)),
            "acquireTime": spec.get("acquireTime", now) if renewed else now,
            "renewTime": now,
        }

    async def _write(self, method: str, path: str, body: dict[str, Any]) -> bool:
        try:
            self._seen = await self._request(method, path, body)
        except (ApiError, Unreachable) as error:
            log.warning("the lease cannot be written: %s", error)
            return False
        return True

    async def _request(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return await self._client.request(method, path, body, time_limit_seconds=REQUEST_SECONDS)


async def lead(client: Client, namespace: str, identity: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run `work` while this replica holds the lease; returns when the lease is lost, `work` cancelled by then.

    Raises what `work` raises, and lets another replica lead.
    """
    lease = Lease(client, namespace, identity)
    working: set[asyncio.Task[None] | None] = set()
    broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def started() -> None:
        log.info("%s leads", identity)
        working.add(asyncio.current_task())
        try:
            await work()
        except Exception as error:  # the election looks at nothing but the lease, and would renew it for ever
            broken.set_exception(error)

    async def stopped() -> None:
        log.warning("%s leads no more", identity)

    config = Config(lease, LEASE_SECONDS, RENEW_DEADLINE_SECONDS, RETRY_SECONDS, started, stopped)
    election = asyncio.create_task(LeaderElection(config).run())
    try:
        over, _ = await asyncio.wait({election, broken}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.gather(*over)
    finally:  # the election does not wait for the end of what it started; the next leader must not meet it
        election.cancel()
        await asyncio.wait([election])
        for task in filter(None, working):
            task.cancel()
            await asyncio.wait([task])
        await lease.release()
