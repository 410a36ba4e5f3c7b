"""The story, over a client that is a script: store the intent, do it, tell it; in this order."""

from datetime import datetime

import pytest

from lsml_operator.apply import Conflict, Gone, Writer
from lsml_operator.client import ApiError, Unreachable
from lsml_operator.observe.cache import Cache
from lsml_operator.reconcile import reconcile
from lsml_operator.world import Refusal
from unit.operator.builders import KEY, NOW, SETTINGS, TOKEN_KEY, Json, a_job_body, a_pod_body
from unit.operator.fake_client import Answer, FakeClient, Request

JOB = "/apis/lsml.dev/v1alpha1/namespaces/team/trainingjobs/iris"
POLICIES = "/apis/networking.k8s.io/v1/namespaces/team/networkpolicies"
SECRETS = "/api/v1/namespaces/team/secrets"
PODS = "/api/v1/namespaces/team/pods"
EVENTS = "/apis/events.k8s.io/v1/namespaces/team/events"


class Looking:
    """One look at a new job, which is to be given its first pod."""

    def __init__(self, *answers: Answer, pods: tuple[Json, ...] = ()) -> None:
        self.client = FakeClient(*answers)
        self.cache = Cache(lambda _: None)
        self.cache.token_key = TOKEN_KEY
        self.cache.put_job(a_job_body())
        self.cache.replace_pods(pods)

    async def look(self) -> float | None:
        return await reconcile(KEY, self.cache, Writer(self.client), clock, SETTINGS)

    def asked(self) -> list[tuple[str, str]]:
        return [(request.method, request.path) for request in self.client.requests]

    def refusals(self) -> tuple[Refusal, ...]:
        world = self.cache.observe(KEY, NOW)
        assert world is not None
        return world.refusals


def clock() -> datetime:
    return NOW


def obliging(request: Request) -> Answer:
    """An API server that takes everything; to a status it answers with the job, one version later."""
    if request.method != "PATCH":
        return {}
    assert request.body is not None
    version = int(request.body["metadata"]["resourceVersion"]) + 1
    return a_job_body(version=version, status=dict(request.body["status"]))


STORED: Json = a_job_body(version=101, status={"phase": "Pending"})


async def test_intent_before_deed_and_deed_before_word() -> None:
    looking = Looking(STORED, {}, {}, {}, {})
    assert await looking.look() is None
    assert looking.asked() == [
        ("PATCH", f"{JOB}/status"),
        ("POST", POLICIES),
        ("POST", SECRETS),
        ("POST", PODS),
        ("POST", EVENTS),
    ]


async def test_nothing_new_asks_nothing() -> None:
    """FAULTS 13: its status and its pod are as they should be."""
    looking = Looking()
    looking.client.otherwise = obliging
    await looking.look()
    looking.cache.put_pod(a_pod_body())
    await looking.look()
    looking.client.requests.clear()
    await looking.look()
    assert looking.asked() == []


async def test_our_own_write_is_seen_at_once() -> None:
    looking = Looking()
    looking.client.otherwise = obliging
    await looking.look()
    await looking.look()
    assert [method for method, _ in looking.asked()].count("PATCH") == 1
    made = [("POST", POLICIES), ("POST", SECRETS), ("POST", PODS)]
    assert looking.asked()[-3:] == made, "not seen yet: made again, which adopts it"


NOT_STORED: dict[str, tuple[Exception, type[Exception]]] = {
    "changed meanwhile": (ApiError(409, "changed", "Conflict"), Conflict),
    "gone": (ApiError(404, "gone", "NotFound"), Gone),
    "no answer": (Unreachable("timeout"), Unreachable),
    "later": (ApiError(503, "later"), ApiError),
}


@pytest.mark.parametrize(("answer", "error"), NOT_STORED.values(), ids=NOT_STORED)
async def test_what_is_not_stored_is_not_done(answer: Exception, error: type[Exception]) -> None:
    looking = Looking(answer)
    with pytest.raises(error):
        await looking.look()
    assert looking.asked() == [("PATCH", f"{JOB}/status")]


async def test_what_may_not_have_been_done_is_not_told() -> None:
    looking = Looking(STORED, {}, {}, Unreachable("timeout"))
    with pytest.raises(Unreachable):
        await looking.look()
    assert looking.asked()[-1] == ("POST", PODS)


async def test_a_refusal_is_the_next_looks_observation() -> None:
    """FAULTS 21: and it is gone once the write is taken."""
    quota = ApiError(403, "exceeded quota: small", "Forbidden")
    looking = Looking(STORED, {}, {}, quota, {})
    await looking.look()
    assert looking.refusals() == (Refusal("pod iris-w0-0", 403, "exceeded quota: small"),)
    looking.client.otherwise = obliging
    assert await looking.look() == 15
    assert looking.refusals() == ()
    world = looking.cache.observe(KEY, NOW)
    assert world is not None
    assert (world.status.phase, world.status.diagnosis) == (
        "Pending",
        "pod iris-w0-0 was refused: exceeded quota: small",
    )


@pytest.mark.parametrize("gone", [True, False], ids=["gone", "going"])
async def test_a_job_that_is_gone_is_left_alone(gone: bool) -> None:
    looking = Looking(pods=(a_pod_body(),))
    if gone:
        looking.cache.drop_job(a_job_body())
    else:
        looking.cache.put_job(a_job_body(version=101, deletionTimestamp="2025-06-01T12:00:00Z"))
    assert await looking.look() is None
    assert looking.asked() == []
