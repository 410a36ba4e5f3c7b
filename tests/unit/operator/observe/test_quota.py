"""Only Kueue's events say how much of a quota is lacking."""

import asyncio

import pytest

from lsml_operator.client import ApiError
from lsml_operator.labels import ATTEMPT, GROUP, INDEX, JOB, QUOTA_GATE
from lsml_operator.observe.cache import Cache
from lsml_operator.observe.quota import keep_quota
from unit.operator.builders import KEY, NOW, Json, a_job_body, a_pod_body
from unit.operator.fake_client import Answer, Done, FakeClient, Request

HELD = {"schedulingGates": [{"name": QUOTA_GATE}]}
GANG = {JOB: "iris", INDEX: "1", ATTEMPT: "0", GROUP: "iris-uid-0"}
PODS = [
    a_pod_body(0, "Pending") | {"spec": HELD},
    a_pod_body(0, "Pending", index=1, labels=GANG) | {"spec": HELD},
    a_pod_body(0, index=2),
]
ALONE = "pod-iris-w0-0-0eaad"
"""As Kueue 0.15 calls the Workload of the first."""


def a_lack(workload: str, message: str, second: int, namespace: str = KEY.namespace) -> Json:
    involved = {"kind": "Workload", "namespace": namespace, "name": workload}
    return {"involvedObject": involved, "message": message, "lastTimestamp": f"2025-06-01T11:59:{second}Z"}


EVENTS: Json = {
    "items": [
        a_lack(ALONE, "100m more needed", 30),
        a_lack(ALONE, "200m more needed", 20),
        a_lack("iris-uid-0", "1 more needed", 10),
        a_lack(ALONE, "of somebody else", 40, "other"),
    ]
}
ANSWERS: dict[str, tuple[Answer, list[str | None]]] = {
    "the last of them": (EVENTS, ["100m more needed", "1 more needed", None]),
    "none": ({"items": []}, [None, None, None]),
    "not allowed": (ApiError(403, "no"), [None, None, None]),
}


async def rounds(client: FakeClient, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two looks."""
    left = iter((None, None))

    async def sleep(_: float) -> None:
        if next(left, Done) is Done:
            raise Done

    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(Done):
        await keep_quota(client, cache, None)


@pytest.mark.parametrize(("answer", "wanted"), ANSWERS.values(), ids=ANSWERS)
async def test_what_kueue_says(answer: Answer, wanted: list[str | None], monkeypatch: pytest.MonkeyPatch) -> None:
    client, heard = FakeClient(answer, answer), []
    cache = Cache(heard.append)
    cache.put_job(a_job_body())
    cache.replace_pods(PODS)
    heard.clear()
    await rounds(client, cache, monkeypatch)
    query = {"fieldSelector": "involvedObject.kind=Workload,reason=Pending"}
    assert client.requests == [Request("GET", "/api/v1/events", None, query)] * 2
    world = cache.observe(KEY, NOW)
    assert world is not None
    assert [pod.quota for pod in world.pods] == wanted
    assert heard == [KEY] * sum(words is not None for words in wanted)


async def test_nobody_is_asked_while_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what was said of a pod is no longer so once it is admitted."""
    client, cache = FakeClient(EVENTS), Cache(lambda _: None)
    cache.put_job(a_job_body())
    cache.replace_pods(PODS[:1])
    cache.put_quota(KEY, "uid-w0-0", "100m more needed")
    cache.replace_pods([a_pod_body()])
    await rounds(client, cache, monkeypatch)
    world = cache.observe(KEY, NOW)
    assert world is not None
    assert ([pod.quota for pod in world.pods], client.requests) == ([None], [])
