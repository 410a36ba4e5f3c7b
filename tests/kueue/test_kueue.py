"""Jobs in a queue of Kueue's: who beyond its quota waits and says so, and what is left of them.

The queues are those of manifests/kueue, with a quota of as many workers as a test says.
"""

from collections.abc import Callable

import pytest
import yaml

from e2e.images import REPOSITORY
from e2e.jobs import SLEEPY, a_job, a_patient_job
from e2e.kube import WAIT_SECONDS, Kube, Object, wait_for
from e2e.test_elastic import run_together
from e2e.test_machines import reason

pytestmark = pytest.mark.e2e

MANIFESTS = REPOSITORY / "manifests" / "kueue"
QUEUE = "kueue.x-k8s.io/queue-name"
WORKER_MILLICORES = 100
RESOURCES = {"requests": {"cpu": f"{WORKER_MILLICORES}m", "memory": "128Mi"}}


@pytest.fixture(scope="module")
def quota(kube: Kube, kueue: Kube) -> Callable[[int], None]:
    """Says for how many workers the queue has room from now on."""

    def have(workers: int) -> None:
        objects = list(yaml.safe_load_all((MANIFESTS / "queues.yaml").read_text()))
        (queue,) = [each for each in objects if each["kind"] == "ClusterQueue"]
        (cpu, _) = queue["spec"]["resourceGroups"][0]["flavors"][0]["resources"]
        cpu["nominalQuota"] = f"{workers * WORKER_MILLICORES}m"
        kube.apply(*objects)

    have(0)
    kube.apply(SLEEPY)
    return have


def queued(job: Object) -> Object:
    job["metadata"]["labels"] = {QUEUE: "research"}
    return job


def workloads(kube: Kube) -> list[str]:
    return [each["metadata"]["name"] for each in kube.every("workloads.kueue.x-k8s.io")]


def is_gone(kube: Kube, job: str) -> None:
    """Nothing of it is left, of LSML's or Kueue's."""
    kube.delete_job(job)
    wait_for(lambda: not workloads(kube), WAIT_SECONDS, lambda: kube("get", "workloads,pods", "-o", "yaml"))


def test_a_job_beyond_the_quota_waits_and_says_so(kube: Kube, quota: Callable[[int], None]) -> None:
    quota(1)
    kube.apply(queued(a_patient_job("first", resources=RESOURCES)))
    kube.until("first", run_together(1))
    kube.apply(queued(a_job("second", workers={"resources": RESOURCES})))
    status = kube.until("second", lambda s: reason(s) == "WaitsForQuota")
    assert status["diagnosis"].startswith("worker 0 waits for quota of the queue research: ")
    lacking = f"insufficient unused quota for cpu in flavor any-machine, {WORKER_MILLICORES}m more needed"
    kube.until("second", lambda s: s["diagnosis"].endswith(lacking))
    assert "SchedulingGated" in kube("get", "pod", "second-w0-0")
    kube.delete_job("first")
    kube.until_phase("second", "Succeeded")
    is_gone(kube, "second")


def test_an_elastic_job_trains_with_as_many_as_the_quota_admits(kube: Kube, quota: Callable[[int], None]) -> None:
    quota(2)
    kube.apply(queued(a_patient_job("elastic", replicas=3, resources=RESOURCES)))
    kube.until("elastic", run_together(2))
    kube.until("elastic", lambda s: ", 2 of 3 workers: worker 2 waits for quota" in s["diagnosis"])
    is_gone(kube, "elastic")
