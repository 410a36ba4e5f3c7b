"""Plain objects as the operator's words; what is missing or strange is absent."""

from typing import Any

import pytest

from lsml_operator.api.status import Status
from lsml_operator.labels import ATTEMPT, COMPONENT, GROUP, INDEX, JOB, QUEUE
from lsml_operator.observe.read import read_job, read_pod
from lsml_operator.world import Pod
from unit.operator.builders import (
    KEY,
    Json,
    a_coordinators_pod,
    a_job,
    a_job_body,
    a_pod,
    a_pod_body,
    a_spec,
    a_status,
    a_worker,
    an_ended_pod,
)

WAITING: Json = {"reason": "ImagePullBackOff", "message": "no such image"}
KILLED: Json = {"exitCode": 137, "reason": "OOMKilled"}
SAID: Json = {"exitCode": 2, "reason": "Error", "message": '{"reason": "InvalidSpec", "message": "no"}'}


def condition(type_: str, status: str, **said: str) -> Json:
    return {"conditions": [{"type": type_, "status": status, **said}]}


def on_a_node(ready: str, containers_ready: str) -> Json:
    conditions = [{"type": "Ready", "status": ready}, {"type": "ContainersReady", "status": containers_ready}]
    return a_pod_body(status={"conditions": conditions}, spec={"nodeName": "node-1"})


def pod(**fields: Any) -> Pod:
    return a_pod(**{"ip": "10.0.0.1", **fields})


PODS: dict[str, tuple[Json, Pod | None]] = {
    "it runs": (a_pod_body(), pod()),
    "just made: it has no status": (
        {**a_pod_body(), "status": {}},
        a_pod(0, "Pending", scheduled=False),
    ),
    "another attempt of another place": (
        a_pod_body(7, index=3),
        pod(attempt=7, index=3),
    ),
    "its container waits": (
        a_pod_body(0, "Pending", waiting=WAITING, ip=None),
        a_pod(0, "Pending", scheduled=False, container_reason="ImagePullBackOff", container_message="no such image"),
    ),
    "out of memory": (
        a_pod_body(0, "Failed", terminated=KILLED),
        pod(phase="Failed", exit_code=137, container_reason="OOMKilled"),
    ),
    "its last words": (
        a_pod_body(0, "Failed", terminated=SAID),
        pod(phase="Failed", exit_code=2, container_reason="Error", container_message=SAID["message"]),
    ),
    "done, before its pod says so": (
        a_pod_body(0, "Running", terminated={"exitCode": 0, "reason": "Completed"}),
        pod(exit_code=0, container_reason="Completed"),
    ),
    "evicted by its node": (
        a_pod_body(0, "Failed", status={"reason": "Evicted", "containerStatuses": []}, ip=None),
        a_pod(0, "Failed", pod_reason="Evicted"),
    ),
    "its machine is taken": (
        a_pod_body(status=condition("DisruptionTarget", "True", reason="EvictionByEvictionAPI")),
        pod(disruption="EvictionByEvictionAPI"),
    ),
    "its machine is taken, no reason": (a_pod_body(status=condition("DisruptionTarget", "True")), pod(disruption="")),
    "its node does not answer": (on_a_node("False", "True"), pod(node="node-1", node_is_silent=True)),
    "it is not ready, says its node": (on_a_node("False", "False"), pod(node="node-1")),
    "its machine was not taken after all": (a_pod_body(status=condition("DisruptionTarget", "False")), pod()),
    "no machine": (
        a_pod_body(0, "Pending", status=condition("PodScheduled", "False", message="0/1 nodes"), ip=None),
        a_pod(0, "Pending", unschedulable="0/1 nodes", scheduled=False),
    ),
    "a gate holds it back: no scheduler has looked at it": (
        a_pod_body(
            0,
            "Pending",
            status=condition("PodScheduled", "False", reason="SchedulingGated", message="blocked"),
            ip=None,
            labels={JOB: "iris", INDEX: "0", ATTEMPT: "0", QUEUE: "team-a", GROUP: "iris-0"},
            spec={"schedulingGates": [{"name": "kueue.x-k8s.io/admission"}]},
        ),
        a_pod(0, "Pending", scheduled=False, gates=("kueue.x-k8s.io/admission",), queue="team-a", group="iris-0"),
    ),
    "Kueue takes back what it admitted": (
        a_pod_body(status=condition("TerminationTarget", "True", reason="WorkloadEvicted", message="Preempted")),
        pod(disruption="Kueue took it back: Preempted"),
    ),
    "a machine": (
        a_pod_body(0, "Pending", ip=None, spec={"nodeName": "node-1"}),
        a_pod(0, "Pending", scheduled=True, node="node-1"),
    ),
    "made without its job's token": (
        a_pod_body(spec={"volumes": [{"name": "lsml-tmp", "emptyDir": {}}]}),
        pod(token=None),
    ),
    "a coordinator's": (
        a_pod_body(
            2,
            labels={JOB: "iris", COMPONENT: "coordinator", ATTEMPT: "2"},
            name="iris-coordinator-2",
            status={"containerStatuses": [{"name": "coordinator", "state": {"waiting": WAITING}}]},
        ),
        a_coordinators_pod(
            2,
            uid="uid-w0-2",
            ip="10.0.0.1",
            container_reason="ImagePullBackOff",
            container_message="no such image",
        ),
    ),
    "being deleted": (a_pod_body(deletionTimestamp="2025-06-01T12:00:00Z"), pod(deleting=True)),
    "its annotation is gone": (a_pod_body(annotations=None), pod(template_hash=None)),
    "a container beside it, which goes first": (
        a_pod_body(
            status={
                "containerStatuses": [
                    {"name": "istio-proxy", "state": {"running": {}}},
                    {"name": "worker", "state": {"terminated": KILLED}},
                ]
            }
        ),
        pod(exit_code=137, container_reason="OOMKilled"),
    ),
    "no labels": (a_pod_body(labels=None), None),
    "no worker": (a_pod_body(labels={JOB: "iris"}), None),
    "an attempt that is no number": (a_pod_body(labels={JOB: "iris", INDEX: "0", ATTEMPT: "-1"}), None),
}


@pytest.mark.parametrize(("body", "wanted"), PODS.values(), ids=PODS)
def test_read_pod(body: Json, wanted: Pod | None) -> None:
    assert read_pod(body) == wanted


def test_a_worker_that_ended_reads_like_the_builders_one() -> None:
    body = a_pod_body(0, "Failed", terminated={"exitCode": 1}, ip=None)
    assert read_pod(body) == an_ended_pod(1)


def test_read_job() -> None:
    status = a_status(a_worker(), phase="Running", started_s=60)
    body = a_job_body(status=status.model_dump(mode="json", by_alias=True, exclude_none=True))
    assert read_job(body) == a_job(status)


def test_a_job_that_cannot_be_understood_says_why() -> None:
    job = read_job(a_job_body(raw_spec={**a_spec(), "suspend": "no"}))
    assert (job.spec, job.invalid) == (None, 'spec.suspend is "no": Input should be a valid boolean')


def test_a_job_without_a_spec_is_read_too() -> None:
    job = read_job({"metadata": a_job_body()["metadata"]})
    assert (job.key, job.spec) == (KEY, None)
    assert job.invalid is not None


STATUSES: dict[str, Json | None] = {
    "none": None,
    "empty": {},
    "of another version, in other words": {"phase": "Contemplating"},
    "of another version, with more words": {"mood": "fine"},
}


@pytest.mark.parametrize("stored", STATUSES.values(), ids=STATUSES)
def test_a_status_that_says_nothing_to_us_counts_as_none(stored: Json | None) -> None:
    assert read_job(a_job_body(status=stored)).status == Status()


def test_a_job_that_goes() -> None:
    assert read_job(a_job_body(deletionTimestamp="2025-06-01T12:00:00Z")).deleting


def test_of_a_jobs_labels_those_by_which_kueue_admits_it_are_known() -> None:
    labels = {QUEUE: "team-a", "kueue.x-k8s.io/priority-class": "high", "team": "ml"}
    assert read_job(a_job_body(labels=labels)).queue == {QUEUE: "team-a", "kueue.x-k8s.io/priority-class": "high"}
