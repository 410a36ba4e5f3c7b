"""A job with several workers: where they meet, who comes and goes, how it ends (FAULTS 1, 3, 38, 48)."""

import json

import pytest

from cluster.api import Object
from cluster.kubelet import Kubelet
from cluster.objects import NO_RESTARTS, a_job, a_report, done, name_of
from cluster.process import OperatorProcess
from cluster.space import Space
from cluster.waiting import until
from cluster.worker import a_worker, says
from localcluster import Cluster

TEAM = {"replicas": 2, "max": 4}


def variables(pod: Object) -> Object:
    return {one["name"]: one.get("value") for one in pod["spec"]["containers"][0]["env"]}


def runs(space: Space, kubelet: Kubelet, *names: str) -> None:
    for name in names:
        kubelet.runs(space.until_pod(name))


def states(job: Object) -> list[str]:
    return [worker["state"] for worker in job["status"]["workers"]["members"]]


@pytest.mark.usefixtures("operator")
def test_a_team_meets_at_its_coordinators_service(space: Space, kubelet: Kubelet) -> None:
    space.create(a_job(workers=TEAM))
    worker = space.until_pod("iris-w1-0")
    coordinator, service = space.get("Pod", "iris-coordinator-0"), space.get("Service", "iris-coordinator")
    assert service["spec"]["selector"].items() <= coordinator["metadata"]["labels"].items()
    assert not service["spec"]["selector"].items() <= worker["metadata"]["labels"].items()
    address = service["spec"]["clusterIP"]
    assert space.job()["status"]["coordinator"]["address"] == address
    known = variables(worker)
    assert (known["LSML_COORDINATOR"], known["LSML_SHARDS"]) == (f"{address}:29510", "4")

    runs(space, kubelet, "iris-w0-0")
    job = space.until_job("its coordinator starts", lambda job: says_of(job, "the coordinator is being started"))
    assert job["status"]["phase"] == "Running"
    runs(space, kubelet, "iris-coordinator-0")
    job = space.until_job("it trains with one", lambda job: says_of(job, "1 of 2 workers"))
    assert states(job) == ["Running", "Pending"]


def says_of(job: Object, words: str) -> bool:
    return words in job.get("status", {}).get("diagnosis", "")


@pytest.mark.usefixtures("operator")
def test_it_grows_shrinks_and_ends_with_the_first_that_is_done(
    cluster: Cluster, space: Space, kubelet: Kubelet
) -> None:
    """Who is too many goes by the highest index, and is no loss (FAULTS 48)."""
    space.create(a_job(workers=TEAM))
    runs(space, kubelet, "iris-coordinator-0", "iris-w0-0", "iris-w1-0")
    cluster.kubectl("scale", "tjob", "iris", "--replicas=3", "--namespace", space.name)
    runs(space, kubelet, "iris-w2-0")
    space.until_job("three run", lambda job: job["status"]["summary"]["workers"] == "3/3")
    cluster.kubectl("scale", "tjob", "iris", "--replicas=1", "--namespace", space.name)
    space.until_job("one runs", lambda job: job["status"]["summary"]["workers"] == "1/1")
    until("the others are gone", lambda: space.live_pods() == ["iris-coordinator-0", "iris-w0-0"], space.live_pods)

    kubelet.ends(space.get("Pod", "iris-w0-0"), 0, done())
    assert space.until_phase("Succeeded")["status"]["restarts"] == NO_RESTARTS
    space.until_gone("Pod", "iris-coordinator-0")
    space.until_gone("Service", "iris-coordinator")
    assert [name_of(pod) for pod in space.all("Pod")] == ["iris-w0-0"]


@pytest.mark.usefixtures("operator")
def test_the_coordinator_speaks_for_the_team(space: Space, kubelet: Kubelet) -> None:
    mates = [
        {"name": f"w{index}-0", "stage": "Training", "step": 40, "stepSeconds": s} for index, s in ((0, 1), (1, 9))
    ]
    with a_worker(says(a_report(percent=40, team=mates))) as coordinator, a_worker(says(a_report())) as worker:
        space.create(a_job(workers=TEAM))
        kubelet.runs(space.until_pod("iris-coordinator-0"), coordinator.ip)
        for name in ("iris-w0-0", "iris-w1-0"):
            kubelet.runs(space.until_pod(name), worker.ip)
        job = space.until_job("the slow one is named", lambda job: says_of(job, "worker 1 holds the others up"))
        assert job["status"]["summary"]["progress"] == "40%"


@pytest.mark.usefixtures("operator")
def test_a_team_goes_back_only_when_nobody_is_left_who_was_farther(space: Space, kubelet: Kubelet) -> None:
    """Neither a coordinator that has heard of nobody else yet, nor the loss of one of two takes anything back."""
    saved = {"uri": "pvc://models/state", "step": 30, "time": "2026-01-01T00:00:00Z", "bytes": 9}
    with (
        a_worker(says(a_team_report(40, w0=40, w1=40) | {"checkpoint": saved})) as first,
        a_worker(says(a_team_report(7, w0=0, w1=7))) as second,
    ):
        space.create(a_job(workers=TEAM))
        kubelet.runs(space.until_pod("iris-coordinator-0"), first.ip)
        runs(space, kubelet, "iris-w0-0", "iris-w1-0")
        space.until_job("it trains", lambda job: job["status"].get("progress", {}).get("step") == 40)

        kubelet.deletes(space.get("Pod", "iris-coordinator-0"))
        kubelet.runs(space.until_pod("iris-coordinator-1"), second.ip)
        job = space.until_job("it is heard", lambda job: says_of(job, "worker 1 holds the others up"))
        assert job["status"]["progress"]["step"] == 40
        kubelet.deletes(space.get("Pod", "iris-w0-0"))
        space.until_pod("iris-w0-1")
        assert space.job()["status"]["progress"]["step"] == 40

        kubelet.deletes(space.get("Pod", "iris-w1-0"))
        job = space.until_job("it is back", lambda job: job["status"]["progress"]["step"] == 30)
        assert job["status"]["summary"]["progress"] == "30%"
        told = until("that is told", lambda: [e["note"] for e in space.all("Event") if e["reason"] == "StepsLost"])
        goes_on = "training goes on from the checkpoint of step 30, and 10 steps are done again"
        assert told == [f"nobody is left who was at step 40: {goes_on}"]


def a_team_report(step: int, **workers: int) -> Object:
    """What a coordinator says whose workers are at these steps, each nine times as slow as the one before."""
    team = [
        {"name": f"{name}-0", "stage": "Training", "step": at, "stepSeconds": 9**index}
        for index, (name, at) in enumerate(workers.items())
    ]
    report = a_report(percent=step, team=team)
    report["progress"]["totalSteps"] = 100
    return report


def test_a_coordinator_that_is_lost_while_nobody_looks_is_replaced_at_its_address(
    operator: OperatorProcess, space: Space, kubelet: Kubelet
) -> None:
    """No worker is made anew for it (FAULTS 38)."""
    space.create(a_job(workers=TEAM))
    names = ("iris-coordinator-0", "iris-w0-0", "iris-w1-0")
    runs(space, kubelet, *names)
    before = space.until_job("both run", lambda job: job["status"]["summary"]["workers"] == "2/2")
    operator.kill()
    kubelet.deletes(space.get("Pod", "iris-coordinator-0"))
    operator.start()

    runs(space, kubelet, "iris-coordinator-1")
    job = space.until_job("it runs again", lambda job: job["status"]["coordinator"]["state"] == "Running")
    assert job["status"]["restarts"] == NO_RESTARTS | {"coordinator": 1}
    assert job["status"]["coordinator"]["address"] == before["status"]["coordinator"]["address"]
    assert space.live_pods() == ["iris-coordinator-1", "iris-w0-0", "iris-w1-0"]


@pytest.mark.usefixtures("operator")
def test_a_team_that_is_held_gives_its_address_back_and_meets_anew(space: Space, kubelet: Kubelet) -> None:
    space.create(a_job(workers=TEAM))
    runs(space, kubelet, "iris-coordinator-0", "iris-w0-0", "iris-w1-0")
    space.until_phase("Running")
    space.edit("TrainingJob", "iris", {"spec": {"suspend": True}})
    space.until_phase("Suspended")
    space.until_gone("Service", "iris-coordinator")
    until("nobody is left", lambda: not space.live_pods(), space.live_pods)

    space.edit("TrainingJob", "iris", {"spec": {"suspend": False}})
    worker = space.until_pod("iris-w0-0")
    address = space.get("Service", "iris-coordinator")["spec"]["clusterIP"]
    assert variables(worker)["LSML_COORDINATOR"] == f"{address}:29510"


@pytest.mark.usefixtures("operator")
def test_a_horizontal_pod_autoscaler_scales_it(cluster: Cluster, space: Space) -> None:
    """What it needs of /scale: the number that is wanted, the number there is, and a selector. Below its least number
    it scales without any metric, which nobody serves here.
    """
    space.create(a_job(workers={"replicas": 1, "max": 4}))
    space.until_pod("iris-w0-0")
    wanted = {"scaleTargetRef": {"apiVersion": "lsml.dev/v1alpha1", "kind": "TrainingJob", "name": "iris"},
              "minReplicas": 3, "maxReplicas": 4}  # fmt: skip
    autoscaler = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "iris"}}
    body = json.dumps(autoscaler | {"spec": wanted})
    cluster.kubectl("create", "--namespace", space.name, "-f", "-", stdin=body)
    for name in ("iris-w1-0", "iris-w2-0"):
        space.until_pod(name)
    scale = json.loads(cluster.kubectl("get", "tjob", "iris", "--subresource=scale", "-n", space.name, "-o", "json"))
    assert scale["spec"]["replicas"] == 3
    assert scale["status"]["selector"] == "lsml.dev/job=iris,app.kubernetes.io/component=worker"
