"""Several replicas: one writes, and when it goes another one does (FAULTS 18)."""

from collections.abc import Callable

from cluster.kubelet import Kubelet
from cluster.objects import NO_RESTARTS, a_job, done
from cluster.process import OperatorProcess
from cluster.space import Space
from cluster.waiting import until


def test_one_writes_and_another_takes_over(
    no_operator: None,
    new_operator: Callable[..., OperatorProcess],
    space: Space,
    kubelet: Kubelet,
    show_log: Callable[[OperatorProcess], None],
) -> None:
    """The leader is killed, then one is asked to end: each time the other one goes on with the job (FAULTS 18)."""
    replicas = [new_operator(name, LSML_NAMESPACE=space.name) for name in ("replica-a", "replica-b")]
    for replica in replicas:
        show_log(replica)
        replica.start()
    space.create(a_job())
    kubelet.runs(space.until_pod("iris-w0-0"))
    space.until_phase("Running")
    first, second = in_order(replicas)
    assert holder(space) == ("replica-a" if first is replicas[0] else "replica-b")
    assert space.find("NetworkPolicy", "iris-workers"), "with the operator's namespace known, workers are guarded"

    first.kill()
    kubelet.ends(space.get("Pod", "iris-w0-0"), 1, "no reason")
    kubelet.runs(space.until_pod("iris-w0-1"))  # the lease of 15 s has to end first
    assert second.leads()

    first.start()
    assert not first.leads()
    second.stop()
    kubelet.ends(space.get("Pod", "iris-w0-1"), 0, done())
    job = space.until_phase("Succeeded")
    assert job["status"]["restarts"] == NO_RESTARTS | {"crashes": 1}
    assert first.leads()
    first.stop()


def in_order(replicas: list[OperatorProcess]) -> list[OperatorProcess]:
    """The one that leads, and the one that does not."""
    until("exactly one leads", lambda: [replica.leads() for replica in replicas].count(True) == 1)
    return sorted(replicas, key=lambda replica: not replica.leads())


def holder(space: Space) -> str:
    """Who has the lease."""
    name: str = space.get("Lease", "lsml-operator")["spec"]["holderIdentity"]
    return name
