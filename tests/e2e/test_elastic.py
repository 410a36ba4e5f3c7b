"""A team of worker pods that is disturbed in every way has the model of one that was left alone, to the bit;
its status counts the rows that its ledger proves were consumed, each once an epoch.

The numbers are those of the list of faults.
"""

import json
from collections.abc import Callable
from typing import NamedTuple

import pytest

from e2e.claim import hurry, volume_of
from e2e.jobs import NO_RESTARTS, PATIENT_EPOCHS, SLEEPY, a_long_job, a_patient_job
from e2e.kube import WAIT, WAIT_SECONDS, Kube, Object, kill_container, wait_for
from e2e.test_faults import is_training, operator_pod
from lsml_trainer.elastic.ledger_check import check
from lsml_trainer.elastic.ledger_files import read_accounts

pytestmark = pytest.mark.e2e

ROWS = 1437  # of digits, without the held-out fifth
SHARDS = {"train": {"uri": "builtin://digits"}, "test": {"fraction": 0.2, "seed": 42}, "shards": 4}
BY_FORCE = ("--force", "--grace-period=0")
SMALL = {"requests": {"cpu": "50m", "memory": "128Mi"}}


def a_team(name: str, replicas: int, epochs: int, **workers: object) -> Object:
    numbers = {"replicas": replicas, "max": 4, "resources": SMALL, **workers}
    return a_long_job(name, epochs, data=SHARDS, workers=numbers, output=f"pvc://models/{name}")


def run_together(number: int) -> Callable[[Object], bool]:
    """Whether so many workers run, and train."""
    return lambda status: is_training(status) and status["workers"]["running"] == number


def pod_of(kube: Kube, job: str, part: str) -> Object:
    """The newest pod of that place that has not ended."""
    pods = [pod for pod in kube.pods(job) if pod["metadata"]["name"].startswith(f"{job}-{part}-")]
    return max(pods, key=lambda pod: int(pod["metadata"]["labels"]["lsml.dev/attempt"]))


def delete(kube: Kube, pod: Object, *how: str) -> None:
    kube("delete", "pod", pod["metadata"]["name"], "--wait=false", *how)


def scale(kube: Kube, job: str, replicas: int) -> None:
    kube("scale", "tjob", job, f"--replicas={replicas}")


def scaled(kube: Kube, system: Kube, job: str) -> None:
    scale(kube, job, 3)
    kube.until(job, run_together(3))
    scale(kube, job, 1)
    delete(system, operator_pod(system))  # once more: the one before is back since the team has grown
    kube.until(job, run_together(1))
    scale(kube, job, 2)
    kube.until(job, run_together(2))


def worker_killed(kube: Kube, _: Kube, job: str) -> None:
    kill_container(pod_of(kube, job, "w0"))


def worker_deleted(kube: Kube, _: Kube, job: str) -> None:
    delete(kube, pod_of(kube, job, "w1"), *BY_FORCE)


def worker_evicted(kube: Kube, _: Kube, job: str) -> None:
    name = pod_of(kube, job, "w0")["metadata"]["name"]
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": kube.namespace}}
    path = f"/api/v1/namespaces/{kube.namespace}/pods/{name}/eviction"
    kube("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction))


def coordinator_deleted(kube: Kube, _: Kube, job: str) -> None:
    delete(kube, pod_of(kube, job, "coordinator"), *BY_FORCE)


def coordinator_killed(kube: Kube, _: Kube, job: str) -> None:
    kill_container(pod_of(kube, job, "coordinator"))
    wait_for(lambda: coordinates_again(kube, job), WAIT_SECONDS, lambda: kube("get", "pods"))


def coordinates_again(kube: Kube, job: str) -> bool:
    """Whether the container of its coordinator is another one, and works."""
    (container,) = pod_of(kube, job, "coordinator")["status"]["containerStatuses"]
    return bool(container["restartCount"] and container["ready"])


def operator_killed_and_all_else(kube: Kube, system: Kube, job: str) -> None:
    kill_container(operator_pod(system))
    kill_container(pod_of(kube, job, "coordinator"))
    worker_killed(kube, system, job)


def node_drained(kube: Kube, _: Kube, job: str) -> None:
    (node,) = kube.cluster.nodes
    try:
        pods = f"--pod-selector=lsml.dev/job={job}"
        kube("drain", node, pods, "--force", "--delete-emptydir-data", WAIT)
        status = kube.until(job, lambda s: s["phase"] == "Pending" and "no machine takes" in s["diagnosis"])
        assert {c["type"]: c["status"] for c in status["conditions"]}["Degraded"] == "True"
    finally:
        kube("uncordon", node)


class Disturbance(NamedTuple):
    """What happens while two workers train and the operator is being restarted, and what is counted of it."""

    does: Callable[[Kube, Kube, str], None]
    counted: dict[str, int]
    restarts_operator: bool = True


DISTURBANCES: dict[str, Disturbance] = {
    "48: scaled to 3, 1 and 2": Disturbance(scaled, {}),
    "37: a worker is killed": Disturbance(worker_killed, {"crashes": 1}),
    "37: a worker's pod is deleted by force": Disturbance(worker_deleted, {"evictions": 1}),
    "46: a worker's pod is evicted": Disturbance(worker_evicted, {"evictions": 1}),
    "38: the coordinator's pod is deleted by force": Disturbance(coordinator_deleted, {"coordinator": 1}),
    "38: the coordinator is killed": Disturbance(coordinator_killed, {}),
    "3, 37, 38: everything is killed at once": Disturbance(operator_killed_and_all_else, {"crashes": 1}, False),
    "39, 46: the node is drained": Disturbance(node_drained, {"coordinator": 1, "evictions": 2}),
}


def a_disturbed_team(name: str) -> Object:
    job = a_patient_job(name, replicas=2, max=4, resources=SMALL)
    job["spec"]["ledger"] = f"pvc://models/{name}-ledger"
    return job


def name_of(disturbance: Disturbance) -> str:
    return disturbance.does.__name__.replace("_", "-")


@pytest.fixture(scope="module")
def digest(kube: Kube) -> str:
    """Of the model of one worker that nobody disturbs; the teams that are to be disturbed begin meanwhile."""
    kube.apply(SLEEPY)
    hurry(kube, "alone")
    kube.apply(a_patient_job("alone"), *(a_disturbed_team(name_of(each)) for each in DISTURBANCES.values()))
    found: str = kube.until_phase("alone", "Succeeded")["model"]["digest"]
    return found


@pytest.mark.parametrize("disturbance", DISTURBANCES.values(), ids=DISTURBANCES)
def test_a_disturbed_team_has_the_same_model(kube: Kube, system: Kube, digest: str, disturbance: Disturbance) -> None:
    name, counted = name_of(disturbance), NO_RESTARTS | disturbance.counted
    kube.until(name, run_together(2))
    if disturbance.restarts_operator:
        delete(system, operator_pod(system))
    disturbance.does(kube, system, name)
    kube.until(name, lambda status: run_together(2)(status) and status["restarts"] == counted)
    hurry(kube, name)
    status = kube.until_phase(name, "Succeeded")
    assert (status["model"]["digest"], status["restarts"]) == (digest, counted)
    wait_for(lambda: not alive(kube, name), WAIT_SECONDS, lambda: kube("get", "pods,services"))
    proved = check(read_accounts(volume_of(kube) / f"{name}-ledger"))
    assert (proved.is_done, proved.epochs, proved.rows) == (True, PATIENT_EPOCHS, ROWS)
    progress = {what: status["progress"][what] for what in ("epoch", "step", "samples")}
    assert progress == {"epoch": PATIENT_EPOCHS, "step": proved.steps, "samples": PATIENT_EPOCHS * ROWS}
    kube.delete_job(name)


def alive(kube: Kube, job: str) -> list[str]:
    """What of a job still takes a machine or an address."""
    pods = [pod["metadata"]["name"] for pod in kube.pods(job) if pod["status"]["phase"] in ("Pending", "Running")]
    return pods + [service["metadata"]["name"] for service in kube.every("services", f"lsml.dev/job={job}")]


def test_a_full_cluster_trains_with_as_many_as_fit_and_asks_for_three_more(kube: Kube) -> None:
    whole = {"resources": {"requests": {"example.com/slot": 1}, "limits": {"example.com/slot": 1}}}
    kube.cluster.advertise(**{"example.com/slot": 2})
    kube.apply(a_team("crowd", 8, epochs=1_000_000, max=8, **whole))
    status = kube.until("crowd", lambda s: run_together(2)(s) and "Insufficient" in s["diagnosis"])
    assert (status["phase"], status["summary"]["workers"]) == ("Running", "2/8")
    workers = [pod for pod in kube.pods("crowd") if "lsml.dev/index" in pod["metadata"]["labels"]]
    assert len(workers) == 5
    kube.delete_job("crowd")


def test_below_its_least_number_a_job_waits(kube: Kube) -> None:
    slot = {"resources": {"requests": {"example.com/pair": 1}, "limits": {"example.com/pair": 1}}}
    kube.cluster.advertise(**{"example.com/pair": 1})
    kube.apply(a_team("couple", 2, epochs=20, min=2, **slot))
    status = kube.until(
        "couple", lambda s: s.get("phase") == "Pending" and "no machine takes worker 1" in s["diagnosis"]
    )
    assert status.get("progress", {}).get("step", 0) == 0
    kube.cluster.advertise(**{"example.com/pair": 2})
    kube.until_phase("couple", "Succeeded")
    kube.delete_job("couple")
