"""The API server goes, hangs and comes back; a namespace goes (FAULTS 7, 8, 11, 24)."""

import time
from collections.abc import Callable, Iterator

import pytest

from cluster.kubelet import Kubelet
from cluster.objects import NO_RESTARTS, a_job, done
from cluster.process import OperatorProcess
from cluster.space import Space
from cluster.waiting import until
from localcluster import Cluster

HANGS_SECONDS = 5


@pytest.fixture
def supervised(operator: OperatorProcess) -> Iterator[OperatorProcess]:
    """The operator as in a cluster: if it ends, it is started again."""
    with operator.kept_running():
        yield operator


def kill(cluster: Cluster) -> None:
    """The API server is gone for a moment, with every watch."""
    cluster.kill_component("kube-apiserver")
    time.sleep(1)
    cluster.start_components()


def pause(cluster: Cluster) -> None:
    """The API server hangs: connections stay open, nobody answers."""
    cluster.pause_component("kube-apiserver")
    time.sleep(HANGS_SECONDS)
    cluster.continue_component("kube-apiserver")


def pause_its_store(cluster: Cluster) -> None:
    """Its store hangs: it answers, but with errors."""
    cluster.pause_component("etcd")
    time.sleep(HANGS_SECONDS)
    cluster.continue_component("etcd")


OUTAGES: dict[str, Callable[[Cluster], None]] = {
    "killed": kill,
    "hangs for 5 s": pause,
    "its store hangs for 5 s": pause_its_store,
}


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES)
def test_jobs_go_on(
    cluster: Cluster,
    supervised: OperatorProcess,
    space: Space,
    kubelet: Kubelet,
    outage: Callable[[Cluster], None],
) -> None:
    """A running job runs on and succeeds, a new one starts, nothing is counted as a loss (FAULTS 7, 8, 11)."""
    space.create(a_job("before"))
    pod = space.until_pod("before-w0-0")
    kubelet.runs(pod)
    space.until_phase("Running", "before")

    outage(cluster)

    until("it answers again", lambda: space.find("TrainingJob", "before"))
    kubelet.ends(pod, 0, done())
    space.create(a_job("after"))
    job = space.until_phase("Succeeded", "before")
    assert job["status"]["restarts"] == NO_RESTARTS
    space.until_pod("after-w0-0")


def test_what_goes_in_a_gap_of_the_watch_is_gone(
    cluster: Cluster,
    no_operator: None,
    new_operator: Callable[..., OperatorProcess],
    show_log: Callable[[OperatorProcess], None],
    space: Space,
    kubelet: Kubelet,
) -> None:
    """Jobs that were deleted, or made anew, while nobody watched: their watch is answered with 410 (FAULTS 9, 16)."""
    operator = new_operator("of-one-namespace", LSML_WATCH_NAMESPACE=space.name)
    show_log(operator)
    operator.start()
    for name in ("deleted", "recreated"):
        space.create(a_job(name))
        kubelet.runs(space.until_pod(f"{name}-w0-0"))
        space.until_phase("Running", name)

    with operator.asleep():
        kill(cluster)  # the watches are broken
        for name in ("deleted", "recreated"):
            space.delete("TrainingJob", name, propagationPolicy="Background")
            space.until_gone("Pod", f"{name}-w0-0")
        space.create(a_job("recreated"))
        kill(cluster)  # when it is back, it knows nothing of what was before

    kubelet.runs(space.until_pod("recreated-w0-0"))
    job = space.until_phase("Running", "recreated")
    assert job["status"]["restarts"] == NO_RESTARTS
    until("it knows of one job", lambda: operator.metric("lsml_jobs") == 1, lambda: operator.metric("lsml_jobs"))
    errors = operator.metric("lsml_reconcile_errors_total")
    time.sleep(2)
    assert operator.metric("lsml_reconcile_errors_total") == errors, "it goes on trying to write what is gone"
    operator.stop()


def test_a_namespace_goes_in_mid_run(
    supervised: OperatorProcess, new_space: Callable[[], Space], space: Space, kubelet: Kubelet
) -> None:
    """All of it goes, and the jobs of other namespaces go on (FAULTS 24)."""
    going = new_space()
    for each in (going, space):
        each.create(a_job())
        kubelet.runs(each.until_pod())
        each.until_phase("Running")

    going.api.delete("Namespace", None, going.name)

    until("the namespace is gone", lambda: going.api.find("Namespace", None, going.name) is None,
          lambda: going.api.find("Namespace", None, going.name))  # fmt: skip
    kubelet.ends(space.get("Pod", "iris-w0-0"), 0, done())
    space.until_phase("Succeeded")
