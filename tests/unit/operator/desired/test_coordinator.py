"""What a team's coordinator looks like, and what its workers know of it."""

import pytest

from lsml_operator.desired.coordinator import coordinator_pod, coordinator_service
from lsml_operator.desired.frame import NODE_LOST_SECONDS
from lsml_operator.desired.pod import worker_pod
from lsml_operator.world import Object
from unit.operator.builders import SETTINGS, Json, a_coordinator, a_job, a_worker

LABELS: Json = {
    "app.kubernetes.io/name": "lsml",
    "app.kubernetes.io/component": "coordinator",
    "app.kubernetes.io/instance": "iris",
    "app.kubernetes.io/managed-by": "lsml-operator",
    "lsml.dev/job": "iris",
}
OWNER: Json = {
    "apiVersion": "lsml.dev/v1alpha1",
    "kind": "TrainingJob",
    "name": "iris",
    "uid": "uid-iris",
    "controller": True,
}


def pod(**spec: object) -> Object:
    return coordinator_pod(a_job(**{"replicas": 3, **spec}), a_coordinator(2, "Creating"), SETTINGS)


def variables(body: Object) -> Json:
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in body["spec"]["containers"][0]["env"]}


def test_its_service_finds_it_and_no_worker() -> None:
    assert coordinator_service(a_job(replicas=3)) == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "iris-coordinator", "namespace": "team", "labels": LABELS, "ownerReferences": [OWNER]},
        "spec": {
            "selector": {"lsml.dev/job": "iris", "app.kubernetes.io/component": "coordinator"},
            "ports": [
                {"name": "quorum", "port": 29510, "targetPort": 29510},
                {"name": "progress", "port": 8080, "targetPort": 8080},
            ],
        },
    }


def test_its_pod() -> None:
    body = pod(
        least=2,
        template={"labels": {"a": "b", "app.kubernetes.io/component": "worker"}, "nodeSelector": {"disk": "ssd"}},
    )
    assert body["metadata"]["name"] == "iris-coordinator-2"
    assert body["metadata"]["labels"] == {**LABELS, "lsml.dev/attempt": "2", "a": "b"}
    assert body["metadata"]["ownerReferences"] == [OWNER]
    assert (body["spec"]["restartPolicy"], body["spec"]["nodeSelector"]) == ("Always", {"disk": "ssd"})
    (container,) = body["spec"]["containers"]
    assert (container["name"], container["image"], container["args"]) == (
        "coordinator",
        SETTINGS.trainer_image,
        ["coordinator"],
    )
    assert variables(body) == {"LSML_COORDINATOR_PORT": "29510", "LSML_MIN_WORKERS": "2"}


def test_it_may_do_no_more_than_a_worker() -> None:
    worker = worker_pod(a_job(replicas=3), a_worker(), SETTINGS, "10.96.0.7")["spec"]
    spec = pod()["spec"]
    for field in ("securityContext", "automountServiceAccountToken", "enableServiceLinks"):
        assert spec[field] == worker[field]
    assert spec["containers"][0]["securityContext"] == worker["containers"][0]["securityContext"]


def test_a_worker_of_a_team_knows_where_to_find_the_others() -> None:
    known = variables(worker_pod(a_job(replicas=2, most=5), a_worker(4, index=1), SETTINGS, "10.96.0.7"))
    assert {name: value for name, value in known.items() if name not in ("LSML_SPEC", "OMP_NUM_THREADS")} == {
        "LSML_COORDINATOR": "10.96.0.7:29510",
        "LSML_REPORT_TO": "10.96.0.7:8080",
        "LSML_SHARDS": "8",
        "LSML_WORKER": "w1-4",
        "LSML_TEAM_ADDRESS": {"fieldRef": {"fieldPath": "status.podIP"}},
    }


def test_an_address_of_ipv6_is_written_as_in_a_url() -> None:
    known = variables(worker_pod(a_job(replicas=2), a_worker(), SETTINGS, "fd00::7"))
    assert known["LSML_COORDINATOR"] == "[fd00::7]:29510"


LOST = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
OURS = [
    {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": NODE_LOST_SECONDS} for key in LOST
]
OWN: Json = {"key": LOST[1], "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 900}

TOLERATIONS: dict[str, tuple[Json, list[Json] | None]] = {
    "alone: as the cluster has it": ({}, None),
    "a team: the others go on without it": ({"replicas": 2}, OURS),
    "its author knows better": ({"replicas": 2, "template": {"tolerations": [OWN]}}, [OWN, OURS[0]]),
}


@pytest.mark.parametrize(("spec", "wanted"), TOLERATIONS.values(), ids=TOLERATIONS)
def test_how_long_a_lost_node_is_waited_for(spec: Json, wanted: list[Json] | None) -> None:
    assert worker_pod(a_job(**spec), a_worker(), SETTINGS, None)["spec"].get("tolerations") == wanted
