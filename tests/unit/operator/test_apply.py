"""What is written, in which words; and what the API server's answers mean."""

import pytest

from lsml_operator.apply import Conflict, Gone, Writer
from lsml_operator.client import APPLY_PATCH, MERGE_PATCH, ApiError
from lsml_operator.desired.coordinator import coordinator_service
from lsml_operator.desired.pod import worker_pod
from lsml_operator.desired.token_secret import token_secret
from lsml_operator.world import Create, Delete, Event, Outcome, Refusal, Ungate
from unit.operator.api_server import ApiServer, Asked
from unit.operator.builders import KEY, SETTINGS, TOKEN_KEY, TOKEN_SECRET, Json, a_job, a_status, a_worker

STATUS_PATH = "/apis/lsml.dev/v1alpha1/namespaces/team/trainingjobs/iris/status"
PODS = "/api/v1/namespaces/team/pods"
POD = f"{PODS}/iris-w0-0"
CREATE = Create(worker_pod(a_job(), a_worker(), SETTINGS))
DELETE = Delete("Pod", "iris-w0-0", "uid-w0-0")


# The status


async def test_a_status_is_applied_to_this_very_job_as_it_was_seen(api: ApiServer) -> None:
    """Nothing of the user's is in it, and nothing that is not set."""
    api.says({"kind": "TrainingJob", "as": "stored"})
    stored = await Writer(api.client).write_status(a_job(), a_status(a_worker(), phase="Running"))
    assert stored == {"kind": "TrainingJob", "as": "stored"}
    (asked,) = api.asked
    assert (asked.method, asked.path, asked.content_type) == ("PATCH", STATUS_PATH, APPLY_PATCH)
    assert asked.query == {"fieldManager": "lsml-operator", "force": "true"}
    assert asked.body["metadata"] == {"uid": "uid-iris", "resourceVersion": "100"}
    assert set(asked.body) == {"apiVersion", "kind", "metadata", "status"}
    assert asked.body["status"]["workers"]["members"] == [{"index": 0, "attempt": 0, "state": "Running"}]
    assert None not in asked.body["status"].values()


STATUS_ANSWERS: dict[str, tuple[int, type[Exception]]] = {
    "it was changed meanwhile, or is another of its name (FAULTS 5, 16)": (409, Conflict),
    "it is gone": (404, Gone),
    "not allowed": (403, ApiError),
    "later": (503, ApiError),
}


@pytest.mark.parametrize(("code", "error"), STATUS_ANSWERS.values(), ids=STATUS_ANSWERS)
async def test_a_status_that_is_not_stored(api: ApiServer, code: int, error: type[Exception]) -> None:
    api.refuses(code)
    with pytest.raises(error):
        await Writer(api.client).write_status(a_job(), a_status())


# Gates


UNGATE = Ungate("iris-w0-0", "uid-w0-0")


async def test_the_gate_of_exactly_this_pod_is_opened(api: ApiServer) -> None:
    api.says({})
    assert await Writer(api.client).apply(KEY, [UNGATE]) == Outcome()
    body = {"metadata": {"uid": "uid-w0-0"}, "spec": {"schedulingGates": None}}
    assert api.asked == [Asked("PATCH", POD, body, MERGE_PATCH, {"fieldManager": "lsml-operator"})]


UNGATED: dict[str, tuple[int, tuple[Refusal, ...]]] = {
    "it is gone": (404, ()),
    "another pod has its name": (409, ()),
    "not allowed": (403, (Refusal("opening the gate of pod iris-w0-0", 403, "no"),)),
}


@pytest.mark.parametrize(("code", "refusals"), UNGATED.values(), ids=UNGATED)
async def test_a_gate_that_is_not_opened(api: ApiServer, code: int, refusals: tuple[Refusal, ...]) -> None:
    api.refuses(code)
    assert await Writer(api.client).apply(KEY, [UNGATE]) == Outcome(refusals)


# Creating


async def test_a_pod_is_made(api: ApiServer) -> None:
    api.says({}, 201)
    assert await Writer(api.client).apply(KEY, [CREATE]) == Outcome()
    assert api.asked == [Asked("POST", PODS, CREATE.body, "application/json", {"fieldManager": "lsml-operator"})]


def there(*owners: Json) -> Json:
    return {"kind": "Pod", "metadata": {"name": "iris-w0-0", "ownerReferences": list(owners)}}


def owner(uid: str, kind: str = "TrainingJob", name: str = "iris") -> Json:
    return {"kind": kind, "name": name, "uid": uid, "controller": True}


BELONGS = "an object of that name is there already and belongs to somebody else; delete it, or rename the job"
FORMER = "that of a former job of the same name is still there; it goes by itself"

TAKEN: dict[str, tuple[Json, tuple[Refusal, ...]]] = {
    "ours: it was made before, and the answer got lost (FAULTS 2, 4)": (there(owner("uid-iris")), ()),
    "ours among others": (there(owner("x", "Team", "t"), owner("uid-iris")), ()),
    "our predecessor's (FAULTS 16)": (there(owner("uid-before")), (Refusal("pod iris-w0-0", 409, FORMER),)),
    "somebody else's": (there(owner("x", "Job", "iris")), (Refusal("pod iris-w0-0", 409, BELONGS),)),
    "nobody's": (there(), (Refusal("pod iris-w0-0", 409, BELONGS),)),
}


@pytest.mark.parametrize(("body", "wanted"), TAKEN.values(), ids=TAKEN)
async def test_a_name_that_is_taken(api: ApiServer, body: Json, wanted: tuple[Refusal, ...]) -> None:
    api.refuses(409, "AlreadyExists").says(body)
    assert await Writer(api.client).apply(KEY, [CREATE]) == Outcome(wanted)
    assert [(asked.method, asked.path) for asked in api.asked] == [("POST", PODS), ("GET", POD)]


SECRET = Create(token_secret(a_job(), TOKEN_KEY))


async def test_a_secret_that_is_there_is_not_read(api: ApiServer) -> None:
    """Its name tells what is in it."""
    api.refuses(409, "AlreadyExists").says({}, 201)
    assert await Writer(api.client).apply(KEY, [SECRET, CREATE]) == Outcome()
    assert [(asked.method, asked.path) for asked in api.asked] == [
        ("POST", "/api/v1/namespaces/team/secrets"),
        ("POST", PODS),
    ]


async def test_no_pod_is_made_whose_token_is_not_there(api: ApiServer) -> None:
    api.refuses(403, "Forbidden", "exceeded quota").says({})
    outcome = await Writer(api.client).apply(KEY, [SECRET, CREATE, DELETE])
    assert outcome.refusals == (Refusal(f"secret {TOKEN_SECRET}", 403, "exceeded quota"),)
    assert [asked.method for asked in api.asked] == ["POST", "DELETE"]


REFUSED: dict[str, tuple[int, str]] = {
    "a quota": (403, "Forbidden"),
    "a namespace that ends": (404, "NotFound"),
    "a quota that is being changed": (409, "Conflict"),
    "a pod that cannot be": (422, "Invalid"),
}


@pytest.mark.parametrize(("code", "reason"), REFUSED.values(), ids=REFUSED)
async def test_a_refusal_is_given_back_and_the_rest_is_done(api: ApiServer, code: int, reason: str) -> None:
    api.refuses(code, reason, "in its words").says({})
    outcome = await Writer(api.client).apply(KEY, [CREATE, DELETE])
    assert outcome.refusals == (Refusal("pod iris-w0-0", code, "in its words"),)
    assert [asked.method for asked in api.asked] == ["POST", "DELETE"]


@pytest.mark.parametrize("code", [429, 500, 503])
async def test_what_may_succeed_later_is_raised(api: ApiServer, code: int) -> None:
    api.refuses(code, Retry_After="7")
    with pytest.raises(ApiError) as error:
        await Writer(api.client).apply(KEY, [CREATE, DELETE])
    assert error.value.retry_after_seconds == 7
    assert len(api.asked) == 1


# Deleting


async def test_exactly_this_pod_is_deleted(api: ApiServer) -> None:
    api.says({})
    assert await Writer(api.client).apply(KEY, [DELETE]) == Outcome()
    options = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": {"uid": "uid-w0-0"},
        "propagationPolicy": "Background",
    }
    assert api.asked == [Asked("DELETE", POD, options, "application/json", {})]


DELETED: dict[str, tuple[int, tuple[Refusal, ...]]] = {
    "gone already": (404, ()),
    "another has its name": (409, ()),
    "not allowed": (403, (Refusal("deleting pod iris-w0-0", 403, "no"),)),
}


@pytest.mark.parametrize(("code", "wanted"), DELETED.values(), ids=DELETED)
async def test_a_deletion_that_is_refused(api: ApiServer, code: int, wanted: tuple[Refusal, ...]) -> None:
    api.refuses(code)
    assert await Writer(api.client).apply(KEY, [DELETE]) == Outcome(wanted)


SERVICES = "/api/v1/namespaces/team/services"
SERVICE = Create(coordinator_service(a_job(replicas=2)))
GIVEN: Json = {**there(owner("uid-iris")), "spec": {"clusterIP": "10.96.0.7"}}


async def test_a_service_gives_its_address(api: ApiServer) -> None:
    api.says(GIVEN, 201)
    assert await Writer(api.client).apply(KEY, [SERVICE]) == Outcome(address="10.96.0.7")


async def test_a_service_that_is_there_gives_its_address(api: ApiServer) -> None:
    api.refuses(409, "AlreadyExists").says(GIVEN)
    assert await Writer(api.client).apply(KEY, [SERVICE]) == Outcome(address="10.96.0.7")


OF_THAT_NAME: dict[str, tuple[Json, list[str]]] = {
    "ours": (owner("uid-iris"), ["GET", "DELETE"]),
    "our successor's, or somebody else's": (owner("uid-other"), ["GET"]),
}


@pytest.mark.parametrize(("owned_by", "wanted"), OF_THAT_NAME.values(), ids=OF_THAT_NAME)
async def test_by_its_name_only_our_own_is_deleted(api: ApiServer, owned_by: Json, wanted: list[str]) -> None:
    body = there(owned_by)
    body["metadata"]["uid"] = "uid-service"
    api.says(body).says({})
    assert await Writer(api.client).apply(KEY, [Delete("Service", "iris-coordinator", None)]) == Outcome(address="")
    assert [asked.method for asked in api.asked] == wanted
    assert all(asked.path == f"{SERVICES}/iris-coordinator" for asked in api.asked)
    assert all(asked.body["preconditions"] == {"uid": "uid-service"} for asked in api.asked[1:])


async def test_by_its_name_what_is_gone_is_gone(api: ApiServer) -> None:
    api.refuses(404)
    assert await Writer(api.client).apply(KEY, [Delete("Service", "iris-coordinator", None)]) == Outcome(address="")


# Telling


async def test_an_event(api: ApiServer) -> None:
    api.says({})
    await Writer(api.client).emit(KEY, [Event("Warning", "WorkerCrashed", "boom")], "operator-0")
    (asked,) = api.asked
    assert (asked.method, asked.path) == ("POST", "/apis/events.k8s.io/v1/namespaces/team/events")
    assert asked.body.pop("eventTime").endswith("Z")
    assert asked.body == {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"generateName": "iris-", "namespace": "team"},
        "type": "Warning",
        "reason": "WorkerCrashed",
        "action": "Reconcile",
        "note": "boom",
        "reportingController": "lsml.dev/operator",
        "reportingInstance": "operator-0",
        "regarding": {
            "apiVersion": "lsml.dev/v1alpha1",
            "kind": "TrainingJob",
            "namespace": "team",
            "name": "iris",
            "uid": "uid-iris",
        },
    }


@pytest.mark.parametrize("letter", ["x", "学"])
async def test_a_long_event_is_cut_to_what_the_server_takes(api: ApiServer, letter: str) -> None:
    api.says({})
    await Writer(api.client).emit(KEY, [Event("Normal", "R", letter * 5000)], "o" * 500)
    (asked,) = api.asked
    assert 1020 < len(asked.body["note"].encode()) <= 1024
    assert len(asked.body["reportingInstance"]) == 128


async def test_an_event_that_is_refused_is_not_worth_failing_for(api: ApiServer) -> None:
    api.refuses(403).says({})
    await Writer(api.client).emit(KEY, [Event("Normal", "A", "a"), Event("Normal", "B", "b")], "o")
    assert [asked.body["reason"] for asked in api.asked] == ["A", "B"]


async def test_an_event_that_may_be_told_later_is_told_later(api: ApiServer) -> None:
    api.refuses(503)
    with pytest.raises(ApiError):
        await Writer(api.client).emit(KEY, [Event("Normal", "A", "a")], "o")
