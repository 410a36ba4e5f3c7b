"""Only the kubelet's events say which volume is missing."""

import asyncio

import pytest

from lsml_operator.client import ApiError, Unreachable
from lsml_operator.observe.cache import Cache
from lsml_operator.observe.mounts import keep_mounts
from unit.operator.builders import KEY, NOW, Json, a_job_body, a_pod_body
from unit.operator.fake_client import Answer, Done, FakeClient, Request

STARTING = a_pod_body(0, "Pending", waiting={"reason": "ContainerCreating"})
EVENTS: Json = {
    "items": [
        {"message": 'claim "b" not found', "lastTimestamp": "2025-06-01T11:59:30Z"},
        {"message": 'claim "a" not found', "lastTimestamp": None, "eventTime": "2025-06-01T11:59:10.0Z"},
    ]
}

ANSWERS: dict[str, tuple[Answer, tuple[str | None, str | None]]] = {
    "the last of them": (EVENTS, ("FailedMount", 'claim "b" not found')),
    "none": ({"items": []}, ("ContainerCreating", None)),
    "not allowed": (ApiError(403, "no"), ("ContainerCreating", None)),
    "away": (Unreachable("no"), ("ContainerCreating", None)),
}


@pytest.mark.parametrize(("answer", "wanted"), ANSWERS.values(), ids=ANSWERS)
async def test_a_pod_that_does_not_start(
    answer: Answer, wanted: tuple[str | None, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, cache = FakeClient(answer), Cache(lambda _: None)
    cache.put_job(a_job_body())
    cache.replace_pods([STARTING, a_pod_body(1)])
    rounds = iter((None,))

    async def sleep(_: float) -> None:
        if next(rounds, Done) is Done:
            raise Done

    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(Done):
        await keep_mounts(client, cache)
    selector = "involvedObject.uid=uid-w0-0,reason=FailedMount"
    assert client.requests == [Request("GET", "/api/v1/namespaces/team/events", None, {"fieldSelector": selector})]
    world = cache.observe(KEY, NOW)
    assert world is not None
    assert (world.pods[0].container_reason, world.pods[0].container_message) == wanted
