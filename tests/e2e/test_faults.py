"""What happens to a job when machines, workers and the operator fail. The numbers are those of the list of faults."""

import os
import signal
import time
from collections.abc import Callable

import pytest

from e2e.conftest import OPERATOR_NAMESPACE
from e2e.jobs import NO_RESTARTS, a_job, a_long_job
from e2e.kube import WAIT, WAIT_SECONDS, Kube, Object, kill_container, processes_of, wait_for

pytestmark = pytest.mark.e2e

EPOCHS = 120  # long enough to be disturbed, on any machine


def is_training(status: Object) -> bool:
    return bool(status.get("phase") == "Running" and status.get("progress", {}).get("step", 0) > 0)


def operator_pod(system: Kube) -> Object:
    """The only pod that is left of the Deployment, and runs: the one before may still be about to go."""
    found: list[Object] = []

    def look() -> bool:
        found[:] = system.every("pods", "app.kubernetes.io/component=operator")
        return [pod["status"]["phase"] for pod in found] == ["Running"]

    wait_for(look, WAIT_SECONDS, lambda: system("get", "pods"))
    return found[0]


MOMENTS: dict[str, Callable[[Object], bool]] = {
    "before it has seen the job": lambda _: True,
    "while the pod is being made": lambda status: status.get("phase") == "Pending",
    "while it trains": is_training,
}


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_killing_the_operator_changes_nothing_in_the_end(
    kube: Kube, system: Kube, moment: Callable[[Object], bool], request: pytest.FixtureRequest
) -> None:
    """1, 2, 3"""
    name = f"survivor-{list(MOMENTS.values()).index(moment)}"
    kube.apply(a_long_job(name, epochs=EPOCHS))
    kube.until(name, moment)
    kill_container(operator_pod(system))
    status = kube.until_phase(name, "Succeeded")
    assert status["restarts"] == NO_RESTARTS
    assert len(kube.pods(name)) == 1
    kube.delete_job(name)


def test_a_worker_killed_with_kill_9_is_replaced_and_the_job_completes(kube: Kube) -> None:
    """37"""
    kube.apply(a_long_job("killed", epochs=EPOCHS))
    kube.until("killed", is_training)
    (pod,) = kube.pods("killed")
    kill_container(pod)
    status = kube.until_phase("killed", "Succeeded")
    assert status["restarts"] == NO_RESTARTS | {"crashes": 1}
    assert {p["metadata"]["name"] for p in kube.pods("killed")} == {"killed-w0-0", "killed-w0-1"}
    kube.delete_job("killed")


def terminate(_: Kube, pod: Object) -> None:
    for pid in processes_of(pod["metadata"]["uid"]):
        os.kill(pid, signal.SIGTERM)


DISRUPTIONS: dict[str, Callable[[Kube, Object], object]] = {
    "it gets SIGTERM": terminate,
    "its pod is deleted": lambda kube, pod: kube("delete", "pod", pod["metadata"]["name"], "--wait=false"),
    "its pod is deleted by force": lambda kube, pod: kube(
        "delete", "pod", pod["metadata"]["name"], "--force", "--grace-period=0"
    ),
}


def test_a_worker_that_is_asked_to_leave_is_not_counted_as_a_crash(kube: Kube) -> None:
    """46; and that it happens often is told."""
    kube.apply(a_long_job("evicted", backoffLimit=0))
    status = kube.until("evicted", is_training)
    for attempt, disrupt in enumerate(DISRUPTIONS.values()):
        disrupt(kube, kube.get("pod", f"evicted-w0-{attempt}"))
        status = kube.until("evicted", trains_as(attempt + 1))
        assert status["restarts"] == NO_RESTARTS | {"evictions": attempt + 1}
    assert "OftenEvicted" in status["findings"]
    assert "3 workers were evicted in " in status["diagnosis"]
    kube.delete_job("evicted")


def trains_as(attempt: int) -> Callable[[Object], bool]:
    """Whether the only worker is this attempt, and trains."""
    return lambda status: is_training(status) and status["workers"]["members"][0]["attempt"] == attempt


def test_a_drained_node_is_not_counted_as_a_crash_and_the_job_goes_on_when_it_is_back(kube: Kube) -> None:
    """46"""
    (node,) = kube.cluster.nodes
    kube.apply(a_long_job("drained", backoffLimit=0))
    kube.until("drained", is_training)
    try:
        kube("drain", node, "--pod-selector=lsml.dev/job=drained", "--force", "--delete-emptydir-data", WAIT)
        status = kube.until("drained", lambda s: s["phase"] == "Pending" and "unschedulable" in s["diagnosis"])
        assert status["conditions"][0]["reason"] == "Unschedulable"
    finally:
        kube("uncordon", node)
    kube.until("drained", is_training)
    assert kube.status("drained")["restarts"] == NO_RESTARTS | {"evictions": 1}
    kube.delete_job("drained")


def test_a_worker_out_of_memory_is_named(kube: Kube) -> None:
    """45"""
    # The weights alone, 64 MiB, leave no room for their gradient.
    network = {"network": {"mlp": {"hidden": [4096, 4096]}}, "optimizer": {"sgd": {"learningRate": 0.01}}}
    workers = {"resources": {"limits": {"memory": "96Mi"}}}
    kube.apply(a_long_job("hungry", algorithm={"deepLearning": network}, backoffLimit=0, workers=workers))
    status = kube.until_phase("hungry", "Failed")
    assert status["restarts"] == NO_RESTARTS | {"outOfMemory": 1}
    assert "it used more memory than its limit" in status["diagnosis"]  # and had so much, if it was heard before
    assert status["diagnosis"].endswith("; raise workers.resources.limits.memory")
    kube.delete_job("hungry")


def test_a_crash_loop_ends_with_the_last_words_in_the_status(kube: Kube) -> None:
    """49"""
    # An interpreter that cannot start crashes at every attempt, whatever the program is.
    env = [{"name": "PYTHONHOME", "value": "/nowhere"}]
    kube.apply(a_job("looping", backoffLimit=1, workers={"template": {"env": env}}))
    status = kube.until_phase("looping", "Failed")
    assert "BackoffLimitExceeded" in {c["reason"] for c in status["conditions"]}
    assert "2 crashes, 1 allowed" in status["diagnosis"]
    assert "encodings" in status["diagnosis"]
    kube.delete_job("looping")


def test_a_deadline_ends_the_job_and_its_pod(kube: Kube) -> None:
    kube.apply(a_long_job("late", activeDeadlineSeconds=5))
    status = kube.until_phase("late", "Failed")
    assert "DeadlineExceeded" in {c["reason"] for c in status["conditions"]}
    kube.until("late", lambda _: all(pod["status"]["phase"] != "Running" for pod in kube.pods("late")))
    kube.delete_job("late")


def test_a_finished_job_goes_when_its_time_to_live_is_over(kube: Kube) -> None:
    kube.apply(a_job("brief", ttlSecondsAfterFinished=2))
    started = time.monotonic()
    wait_for(lambda: "brief" not in kube("get", "tjob", "-o", "name"), WAIT_SECONDS, lambda: kube("get", "tjob"))
    assert time.monotonic() - started > 2
    wait_for(lambda: not kube.pods("brief"), WAIT_SECONDS, lambda: kube("get", "pods"))


def test_the_operator_runs_in_its_namespace_only_once(system: Kube) -> None:
    assert system.namespace == OPERATOR_NAMESPACE
    lease = system.get("lease", "lsml-operator")
    assert lease["spec"]["holderIdentity"] == operator_pod(system)["metadata"]["name"]
