"""The cache's pods stay true: list, watch, and list anew after a gap."""

import asyncio

import pytest

from lsml_operator.client import ApiError, Unreachable
from lsml_operator.observe.cache import Cache
from lsml_operator.observe.pods import keep_pods
from unit.operator.builders import KEY, NOW, Json, a_job_body, a_pod_body
from unit.operator.fake_client import Answer, Done, FakeClient, Request

PATH = "/api/v1/pods"


def page(*pods: Json, version: str = "10", more: str = "") -> Json:
    return {"items": list(pods), "metadata": {"resourceVersion": version, **({"continue": more} if more else {})}}


def event(type_: str, body: Json, version: str = "11") -> Json:
    return {"type": type_, "object": {**body, "metadata": {**body["metadata"], "resourceVersion": version}}}


def bookmark(version: str) -> Json:
    return {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": version}}}


class Keeping:
    """keep_pods, run until its script is over."""

    def __init__(self, *lists: Answer, watches: tuple[list[Answer], ...] = (), namespace: str | None = None) -> None:
        self.client = FakeClient(*lists, watches=watches)
        self.cache = Cache(lambda _: None)
        self.cache.put_job(a_job_body())
        self.heard = 0
        self.slept: list[float] = []
        self._namespace = namespace

    def _hear(self) -> None:
        self.heard += 1

    async def run(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)

        monkeypatch.setattr(asyncio, "sleep", sleep)
        with pytest.raises(Done):
            await keep_pods(self.client, self.cache, self._namespace, self._hear)
        world = self.cache.observe(KEY, NOW)
        return [pod.name for pod in world.pods] if world else []

    def watched_from(self) -> list[str]:
        return [(request.query or {})["resourceVersion"] for request in self.client.watched]


async def test_an_outage_is_no_illness(monkeypatch: pytest.MonkeyPatch) -> None:
    """FAULTS 7: being told that nobody answers is not being deaf."""
    keeping = Keeping(Unreachable("refused"), ApiError(503, "no etcd"), Unreachable("refused"), Done())
    await keeping.run(monkeypatch)
    assert keeping.heard == 3


async def test_a_list_then_a_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    keeping = Keeping(
        page(a_pod_body(0), a_pod_body(1)),
        watches=([event("ADDED", a_pod_body(2), "11"), event("DELETED", a_pod_body(0), "12"), bookmark("40")],),
    )
    assert await keeping.run(monkeypatch) == ["iris-w0-1", "iris-w0-2"]
    assert keeping.client.requests == [Request("GET", PATH, None, {"labelSelector": "lsml.dev/job", "limit": "500"})]
    assert keeping.watched_from() == ["10", "40"], "a watch goes on where the last one ended"
    assert keeping.heard == 5, "each event, and the beginning of each watch"


async def test_a_list_of_several_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    keeping = Keeping(page(a_pod_body(0), more="next"), page(a_pod_body(1), version="12"), namespace="team")
    assert await keeping.run(monkeypatch) == ["iris-w0-0", "iris-w0-1"]
    assert [request.query for request in keeping.client.requests] == [
        {"labelSelector": "lsml.dev/job", "limit": "500"},
        {"labelSelector": "lsml.dev/job", "limit": "500", "continue": "next"},
    ]
    assert {request.path for request in keeping.client.requests} == {"/api/v1/namespaces/team/pods"}
    assert keeping.watched_from() == ["12"]


GONE = ApiError(410, "too old", "Expired")
BROKEN = ApiError(500, "etcd", "InternalError")
CUT = Unreachable("cut short")

GAPS: dict[str, tuple[list[Answer], list[float]]] = {
    "our version is too old: at once (FAULTS 9)": ([GONE], [0]),
    "an ERROR event (FAULTS 8)": ([BROKEN], [0.2]),
    "a line that is cut short (FAULTS 11)": ([event("ADDED", a_pod_body(5)), CUT], [0.2]),
}


@pytest.mark.parametrize(("watch", "slept"), GAPS.values(), ids=GAPS)
async def test_a_gap_is_listed_over(watch: list[Answer], slept: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    keeping = Keeping(page(a_pod_body(0)), page(a_pod_body(1), version="50"), watches=(watch,))
    assert await keeping.run(monkeypatch) == ["iris-w0-1"], "who vanished in the gap is gone"
    assert (keeping.slept, keeping.watched_from()) == (slept, ["10", "50"])


async def test_an_api_server_that_is_away_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """FAULTS 7: patient, but never for longer than 5 s; and once it is back, as before."""
    keeping = Keeping(*[CUT] * 7, page(a_pod_body(0)), page(a_pod_body(0)), watches=([BROKEN],))
    await keeping.run(monkeypatch)
    assert keeping.slept == [0.2, 0.5, 1.0, 2.0, 5.0, 5.0, 5.0, 0.2]


async def test_410_over_and_over_makes_no_hot_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    keeping = Keeping(GONE, GONE, page())
    await keeping.run(monkeypatch)
    assert keeping.slept == [0, 0.5]


async def test_unknown_events_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    keeping = Keeping(page(), watches=([event("PONDERED", a_pod_body(0))],))
    assert await keeping.run(monkeypatch) == []
