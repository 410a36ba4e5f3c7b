"""One replica writes: the Lease, and what becomes of the work when it is lost."""

import asyncio
import json
from typing import Any

import pytest
from kubernetes.aio.client.exceptions import ApiException
from kubernetes.aio.leaderelection import leaderelection
from kubernetes.aio.leaderelection.leaderelectionrecord import LeaderElectionRecord

from lsml_operator.client import ApiError, Unreachable
from lsml_operator.leader import LEASE_SECONDS, REQUEST_SECONDS, Lease, lead
from unit.operator.builders import Json
from unit.operator.fake_client import Answer, FakeClient, Request

PATH = "/apis/coordination.k8s.io/v1/namespaces/lsml-system/leases/lsml-operator"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/lsml-system/leases"
NOT_FOUND = ApiError(404, "no lease", "NotFound")
CONFLICT = ApiError(409, "changed", "Conflict")
AWAY = Unreachable("timeout")
PATIENCE_SECONDS = 60
"""For what takes no time at all, on a machine that does much else."""


def a_lease(holder: str | None = "operator-0", version: str = "1", **spec: Any) -> Json:
    held = {
        "holderIdentity": holder,
        "leaseDurationSeconds": 15,
        "acquireTime": "2025-06-01T11:00:00.000000Z",
        "renewTime": "2025-06-01T12:00:00.000000Z",
    }
    return {
        "metadata": {"name": "lsml-operator", "namespace": "lsml-system", "resourceVersion": version},
        "spec": {**held, **spec} if holder else {},
    }


def a_record(identity: str = "operator-0") -> LeaderElectionRecord:
    return LeaderElectionRecord(identity, "15", "now", "now")


def lease_over(*answers: Answer) -> tuple[Lease, FakeClient]:
    client = FakeClient(*answers)
    return Lease(client, "lsml-system", "operator-0"), client


# The lock, as the election wants to see it


async def test_a_record_is_read_from_the_lease() -> None:
    lease, client = lease_over(a_lease("operator-1"))
    found, record = await lease.get("lsml-operator", "lsml-system")
    assert found
    assert (record.holder_identity, record.lease_duration) == ("operator-1", "15")
    assert (record.acquire_time, record.renew_time) == ("2025-06-01T11:00:00.000000Z", "2025-06-01T12:00:00.000000Z")
    assert client.requests == [Request("GET", PATH)]


async def test_a_lease_that_was_given_back_has_no_holder() -> None:
    lease, _ = lease_over(a_lease(None))
    found, record = await lease.get("lsml-operator", "lsml-system")
    assert found
    assert (record.holder_identity, record.lease_duration) == (None, None)


UNREAD: dict[str, tuple[Exception, int | None]] = {
    "none yet: it may be made": (NOT_FOUND, 404),
    "not allowed": (ApiError(403, "no", "Forbidden"), 403),
    "away: nothing is made": (AWAY, None),
}


@pytest.mark.parametrize(("error", "code"), UNREAD.values(), ids=UNREAD)
async def test_a_lease_that_cannot_be_read(error: Exception, code: int | None) -> None:
    lease, _ = lease_over(error)
    found, refusal = await lease.get("lsml-operator", "lsml-system")
    assert not found
    assert isinstance(refusal, ApiException)
    assert (json.loads(refusal.body)["code"] if refusal.body else None) == code


async def test_a_lease_is_made() -> None:
    lease, client = lease_over({})
    assert await lease.create("lsml-operator", "lsml-system", a_record())
    (request,) = client.requests
    assert (request.method, request.path) == ("POST", LEASES)
    assert request.body is not None
    spec = request.body["spec"]
    assert (spec["holderIdentity"], spec["leaseDurationSeconds"]) == ("operator-0", 15)
    assert spec["acquireTime"] == spec["renewTime"]
    assert spec["renewTime"].endswith("Z")


RENEWALS: dict[str, tuple[str, bool]] = {
    "renewed: it was acquired when it was": ("operator-0", True),
    "taken over: it is acquired now": ("operator-1", False),
}


@pytest.mark.parametrize(("holder", "kept"), RENEWALS.values(), ids=RENEWALS)
async def test_a_lease_is_written_as_it_was_read(holder: str, kept: bool) -> None:
    lease, client = lease_over(a_lease(holder, version="7"), {})
    await lease.get("lsml-operator", "lsml-system")
    assert await lease.update("lsml-operator", "lsml-system", a_record())
    write = client.requests[-1]
    assert (write.method, write.path) == ("PUT", PATH)
    assert write.body is not None
    assert write.body["metadata"]["resourceVersion"] == "7", "not if somebody wrote it since"
    assert (write.body["spec"]["acquireTime"] == "2025-06-01T11:00:00.000000Z") is kept
    assert write.body["spec"]["renewTime"] > "2025-06-01T12:00:00.000000Z"


@pytest.mark.parametrize("error", [CONFLICT, AWAY, ApiError(500, "etcd")], ids=str)
async def test_whatever_goes_wrong_is_not_renewed(error: Exception) -> None:
    lease, _ = lease_over(a_lease(), error, error)
    await lease.get("lsml-operator", "lsml-system")
    assert not await lease.update("lsml-operator", "lsml-system", a_record())
    assert not await lease.create("lsml-operator", "lsml-system", a_record())


RELEASES: dict[str, tuple[Answer, list[str]]] = {
    "ours is given back": (a_lease("operator-0"), ["GET", "PUT"]),
    "another's is left alone": (a_lease("operator-1"), ["GET"]),
    "it cannot be read": (AWAY, ["GET"]),
}


@pytest.mark.parametrize(("answer", "wanted"), RELEASES.values(), ids=RELEASES)
async def test_release(answer: Answer, wanted: list[str]) -> None:
    lease, client = lease_over(answer, {})
    await lease.release()
    assert [request.method for request in client.requests] == wanted
    assert [request.body["spec"] for request in client.requests if request.body] == [{}] * (len(wanted) - 1)


# Leading


class Server:
    """A lease on a server that may stop to answer; who asks then waits as long as he can."""

    def __init__(self, clock: "Clock | None" = None) -> None:
        self.lease: Json | None = None
        self.renewed_at = 0.0
        self.silent: tuple[str, ...] = ()
        self.slow: tuple[str, ...] = ()
        self._clock = clock

    def __call__(self, request: Request) -> Answer:
        if self._clock and request.method in (*self.silent, *self.slow):
            self._clock.now += REQUEST_SECONDS
        if request.method in self.silent:
            return AWAY
        if request.method == "GET":
            return self.lease or NOT_FOUND
        assert request.body is not None
        self.lease = {**request.body, "metadata": {**request.body["metadata"], "resourceVersion": "1"}}
        self.renewed_at = self._clock.now if self._clock else 0.0
        return self.lease

    @property
    def holder(self) -> str | None:
        return self.lease["spec"].get("holderIdentity") if self.lease else None


class Clock:
    """The election's time: it passes while somebody sleeps, and takes none."""

    def __init__(self) -> None:
        self.now = 1e9
        self._yield = asyncio.sleep

    def time(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await self._yield(0)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(leaderelection, "time", clock)
    monkeypatch.setattr(asyncio, "sleep", clock.sleep)
    return clock


class Work:
    """Work that notes when it begins and ends."""

    def __init__(self) -> None:
        self.begun, self.leaves, self.ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def __call__(self) -> None:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.leaves.set()
            await asyncio.sleep(1)  # what was begun is put away
            self.ended.set()


async def begin(server: Server, work: Work, identity: str = "operator-0") -> "asyncio.Task[None]":
    return asyncio.create_task(lead(FakeClient(otherwise=server), "lsml-system", identity, work))


async def test_who_leads_works_and_gives_the_lease_back_when_told_to_stop() -> None:
    server, work = Server(), Work()
    leading = await begin(server, work)
    await asyncio.wait_for(work.begun.wait(), PATIENCE_SECONDS)
    assert server.holder == "operator-0"
    leading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leading
    assert work.ended.is_set(), "the next leader must not meet our work"
    assert server.holder is None


async def test_work_that_fails_is_told_and_another_replica_leads() -> None:
    server = Server()

    async def work() -> None:
        raise KeyError("x")

    leading = asyncio.create_task(lead(FakeClient(otherwise=server), "lsml-system", "operator-0", work))
    with pytest.raises(KeyError):
        await asyncio.wait_for(leading, PATIENCE_SECONDS)
    assert server.holder is None


async def test_a_second_replica_waits_until_the_lease_is_given_back() -> None:
    """FAULTS 18."""
    server, first, second = Server(), Work(), Work()
    leading = await begin(server, first)
    await asyncio.wait_for(first.begun.wait(), PATIENCE_SECONDS)
    waiting = await begin(server, second, "operator-1")
    for _ in range(100):
        await asyncio.sleep(1)
    assert not second.begun.is_set()
    leading.cancel()
    await asyncio.gather(leading, return_exceptions=True)
    await asyncio.wait_for(second.begun.wait(), PATIENCE_SECONDS)
    assert first.ended.is_set()
    assert server.holder == "operator-1"
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


OUTAGES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "nothing is answered": (("GET", "PUT"), ()),
    "reads are answered at the last moment, writes never": (("PUT",), ("GET",)),
    "reads are answered, writes never": (("PUT",), ()),
}


@pytest.mark.parametrize("renewals", range(6))
@pytest.mark.parametrize(("silent", "slow"), OUTAGES.values(), ids=OUTAGES)
async def test_a_leader_that_cannot_renew_stops_before_anybody_else_may_lead(
    clock: Clock, silent: tuple[str, ...], slow: tuple[str, ...], renewals: int
) -> None:
    """FAULTS 18: also where each request takes as long as it may."""
    server, work = Server(clock), Work()
    leading = await begin(server, work)
    await asyncio.wait_for(work.begun.wait(), PATIENCE_SECONDS)
    for _ in range(renewals):  # the server stops to answer at any moment of the loop
        await asyncio.sleep(0)
    server.silent, server.slow = silent, slow
    await asyncio.wait_for(work.leaves.wait(), PATIENCE_SECONDS)
    assert clock.now - server.renewed_at < LEASE_SECONDS
    await asyncio.wait_for(leading, PATIENCE_SECONDS)
    assert work.ended.is_set()
