"""The real operator ends and comes back (FAULTS 1, 2, 3, 13, 16, 17, 23)."""

import time

from cluster.kubelet import Kubelet
from cluster.objects import NO_RESTARTS, a_job, an_ending, condition, done, name_of, phase, uid_of
from cluster.process import OperatorProcess
from cluster.space import Space
from cluster.waiting import until


def test_killed_in_every_stage(operator: OperatorProcess, space: Space, kubelet: Kubelet) -> None:
    """Each stage of a job's life passes while there is no operator; the next one goes on (FAULTS 1, 2, 3)."""
    operator.kill()
    space.create(a_job())
    operator.start()
    pod = space.until_pod("iris-w0-0")

    operator.kill()
    kubelet.runs(pod)
    kubelet.ends(pod, 1, an_ending("InternalError", "no reason"))
    operator.start()
    pod = space.until_pod("iris-w0-1")

    operator.kill()
    kubelet.runs(pod)
    kubelet.ends(pod, 0, done())
    operator.start()

    job = space.until_phase("Succeeded")
    assert job["status"]["restarts"] == NO_RESTARTS | {"crashes": 1}
    assert [name_of(pod) for pod in space.all("Pod")] == ["iris-w0-0", "iris-w0-1"]


def test_what_happened_while_it_was_away(operator: OperatorProcess, space: Space, kubelet: Kubelet) -> None:
    """Asked to end, it does; what was steady stays untouched, what changed is caught up with.

    steady, done, failed, held: not written again (FAULTS 13). there-and-back: no pod touched (FAULTS 17). deleted:
    everything goes (FAULTS 23). recreated: the old job's pod is not adopted (FAULTS 16).
    """
    for name in ("steady", "there-and-back", "deleted", "recreated", "done", "failed"):
        space.create(a_job(name, workers={"template": {"labels": {"letter": "a"}}}))
        kubelet.runs(space.until_pod(f"{name}-w0-0"))
        space.until_phase("Running", name)
    space.create(a_job("held", suspend=True))
    space.until_phase("Suspended", "held")
    kubelet.ends(space.get("Pod", "done-w0-0"), 0, done())
    space.until_phase("Succeeded", "done")
    kubelet.ends(space.get("Pod", "failed-w0-0"), 2, an_ending("InvalidData", "no rows"))
    space.until_phase("Failed", "failed")
    untouched = ("steady", "there-and-back", "done", "failed", "held")
    pods_before = {name_of(pod): uid_of(pod) for pod in space.all("Pod")}

    assert operator.stop() == 0

    for letter in ("b", "a"):
        template = {"template": {"labels": {"letter": letter}}}
        space.edit("TrainingJob", "there-and-back", {"spec": {"workers": template}})
    space.delete("TrainingJob", "deleted", propagationPolicy="Background")
    space.until_gone("Pod", "deleted-w0-0")
    space.edit("Pod", "recreated-w0-0", {"metadata": {"finalizers": ["test.lsml.dev/held"]}})
    space.delete("TrainingJob", "recreated", propagationPolicy="Background")
    space.until_gone("TrainingJob", "recreated")
    space.create(a_job("recreated"))
    versions_before = {name: space.job(name)["metadata"]["resourceVersion"] for name in untouched}

    operator.start()

    space.until_reason("NameTaken", "recreated")
    back = space.until_job(
        "it has seen both edits", lambda job: job["status"]["observedGeneration"] == 3, "there-and-back"
    )
    assert back["status"]["restarts"] == NO_RESTARTS
    time.sleep(1)  # whatever it would write, it would have written by now
    versions = {name: space.job(name)["metadata"]["resourceVersion"] for name in untouched}
    assert versions == versions_before | {"there-and-back": versions["there-and-back"]}
    pods = {name_of(pod): uid_of(pod) for pod in space.all("Pod")}
    assert pods == {name: uid for name, uid in pods_before.items() if name != "deleted-w0-0"}

    space.edit("Pod", "recreated-w0-0", {"metadata": {"finalizers": None}})
    until(
        "the recreated job has a pod of its own",
        lambda: uid_of(space.until_pod("recreated-w0-0")) != pods_before["recreated-w0-0"],
        lambda: space.job("recreated"),
    )


def test_an_unchanged_job_is_left_alone(operator: OperatorProcess, space: Space, kubelet: Kubelet) -> None:
    """A running job that nothing happens to is not written, nor is its pod (FAULTS 13)."""
    space.create(a_job())
    kubelet.runs(space.until_pod())
    job = space.until_phase("Running")
    pod = space.get("Pod", "iris-w0-0")

    space.edit("Pod", "iris-w0-0", {"metadata": {"labels": {"somebody": "else"}}})
    space.edit("TrainingJob", "iris", {"metadata": {"labels": {"somebody": "else"}}})
    time.sleep(1)

    after = space.job()
    assert after["status"] == job["status"]
    assert condition(after, "Ready")["status"] == "True"
    assert uid_of(space.get("Pod", "iris-w0-0")) == uid_of(pod)
    assert phase(after) == "Running"
