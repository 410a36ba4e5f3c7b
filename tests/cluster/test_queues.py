"""Workers that wait in a queue of Kueue's, and gangs that are let go whole; the quota is played by the test."""

from collections.abc import Iterator
from contextlib import suppress

import pytest

from cluster.api import Api, Object, Refused
from cluster.kubelet import Kubelet
from cluster.objects import NO_RESTARTS, a_job, done, has_ended, phase
from cluster.process import OperatorProcess
from cluster.quota import GATE, QUEUE, admit, evicted, queued_pods_gated
from cluster.space import Space
from cluster.waiting import until
from lsml_operator.labels import INDEX


@pytest.fixture(scope="module", autouse=True)
def quota(api: Api, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Pods with a queue are gated."""
    with queued_pods_gated(api, tmp_path_factory.mktemp("quota")):
        yield


def a_queued_job(queue: str = "research", **workers: object) -> Object:
    job = a_job(workers=workers)
    job["metadata"]["labels"] = {QUEUE: queue}
    return job


def gates(space: Space, pod: str) -> list[Object]:
    """Who holds it back from the scheduler."""
    found: list[Object] = space.until_pod(pod)["spec"].get("schedulingGates", [])
    return found


def is_admitted(space: Space, kubelet: Kubelet, pod: str) -> None:
    """Kueue admits it, and it runs."""
    admit(space.api, space.until_pod(pod))
    until(f"nobody holds {pod} back", lambda: not gates(space, pod))
    kubelet.runs(space.get("Pod", pod))


def test_an_elastic_job_runs_with_whom_the_quota_admits_and_grows(
    operator: OperatorProcess, space: Space, kubelet: Kubelet
) -> None:
    space.create(a_queued_job(replicas=3))
    kubelet.runs(space.until_pod("iris-coordinator-0"))
    job = space.until_reason("WaitsForQuota")
    assert job["status"]["diagnosis"].startswith("worker 0 waits for quota of the queue research: Kueue has not")
    for name in ("iris-w0-0", "iris-w1-0"):
        is_admitted(space, kubelet, name)
    job = space.until_job("two run", lambda job: job["status"]["workers"]["running"] == 2)
    space.until_job("it says so", lambda job: ", 2 of 3 workers: worker 2 waits" in job["status"]["diagnosis"])
    assert gates(space, "iris-w2-0") == [GATE]

    is_admitted(space, kubelet, "iris-w2-0")
    space.until_job("it has grown", lambda job: job["status"]["workers"]["running"] == 3)

    with evicted(space.api, space.get("Pod", "iris-w1-0"), "Preempted to accommodate a workload"):
        job = space.until_job("it is counted", lambda job: job["status"]["restarts"]["evictions"] == 1)
        assert gates(space, "iris-w1-1") == [GATE]
    assert (job["status"]["workers"]["running"], job["status"]["restarts"]["crashes"]) == (2, 0)
    told = until("it is told", lambda: [e["note"] for e in space.all("Event") if e["reason"] == "WorkerEvicted"])
    assert told == ["worker 1 (attempt 0) ended: Kueue took it back: Preempted to accommodate a workload"]
    kubelet.ends(space.get("Pod", "iris-w0-0"), 0, done())
    space.until_phase("Succeeded")


def test_a_job_whose_queue_was_mistyped_goes_to_another(
    operator: OperatorProcess, space: Space, kubelet: Kubelet
) -> None:
    space.create(a_queued_job("resaerch"))
    space.until_reason("WaitsForQuota")
    space.edit("TrainingJob", "iris", {"metadata": {"labels": {QUEUE: "research"}}})
    pod = space.until_pod("iris-w0-1")  # once the first is older than ten seconds
    assert pod["metadata"]["labels"][QUEUE] == "research"


def test_a_gang_is_one_group_and_is_let_go_once_the_quota_admits_all_of_it(
    operator: OperatorProcess, space: Space, kubelet: Kubelet
) -> None:
    job = space.create(a_queued_job(replicas=3, min=2, gang="strict"))
    ours = {"name": "lsml.dev/gang"}
    first, second = space.until_pod("iris-w0-0"), space.until_pod("iris-w1-0")
    for pod in (first, second):
        assert pod["metadata"]["labels"]["kueue.x-k8s.io/pod-group-name"] == f"iris-{job['metadata']['uid'][:8]}-0"
        assert pod["metadata"]["annotations"]["kueue.x-k8s.io/pod-group-total-count"] == "2"
    admit(space.api, first)
    space.until_reason("WaitsForQuota")
    assert (gates(space, "iris-w0-0"), gates(space, "iris-w1-0")) == ([ours], [ours, GATE])
    assert space.find("Pod", "iris-w2-0") is None
    is_admitted(space, kubelet, "iris-w1-0")
    until("the first is let go, too", lambda: not gates(space, "iris-w0-0"))
    kubelet.runs(space.get("Pod", "iris-w0-0"))
    space.until_job("it is placed", lambda job: job["status"]["workers"].get("gang", {}).get("placed"))
    assert gates(space, "iris-w2-0") == [GATE]


def test_two_gangs_that_fit_only_alone_both_complete(operator: OperatorProcess, space: Space, kubelet: Kubelet) -> None:
    """The test is the scheduler of two machines, and gives one to each job as long as both ask: the worst it can do."""
    gang = {"replicas": 2, "min": 2, "gang": "strict", "gangPatienceSeconds": 1}
    jobs = ("first", "second")
    for name in jobs:
        space.create(a_job(name, workers=gang))

    def both_have_completed() -> bool:
        workers = sorted(
            (pod for pod in space.all("Pod") if INDEX in pod["metadata"]["labels"] and not has_ended(pod)),
            key=lambda pod: str(pod["metadata"]["labels"][INDEX]),
        )
        free = 2 - sum(phase(pod) == "Running" for pod in workers)
        asking = [pod for pod in workers if phase(pod) != "Running" and not pod["spec"].get("schedulingGates")]
        for pod in asking[:free]:
            with suppress(Refused):  # it was given back meanwhile
                kubelet.runs(pod)
        for name in jobs:
            if phase(space.job(name)) == "Running":
                kubelet.ends(
                    space.get("Pod", next(n for n in space.live_pods() if n.startswith(f"{name}-w"))), 0, done()
                )
                space.until_phase("Succeeded", name)
        return all(phase(space.job(name)) == "Succeeded" for name in jobs)

    for name in jobs:
        kubelet.runs(space.until_pod(f"{name}-coordinator-0"))
        for index in (0, 1):
            until("it is let go", lambda pod=f"{name}-w{index}-0": not gates(space, pod))
    until("both have completed", both_have_completed, lambda: [space.job(name)["status"] for name in jobs], 120)
    gave_back = [event["regarding"]["name"] for event in space.all("Event") if event["reason"] == "GangGaveBack"]
    assert set(gave_back) == set(jobs)
    assert [space.job(name)["status"]["restarts"] for name in jobs] == [NO_RESTARTS, NO_RESTARTS]
