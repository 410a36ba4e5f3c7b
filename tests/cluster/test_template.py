"""The workers' template is changed while they run (FAULTS 17, 32)."""

import pytest

from cluster.kubelet import Kubelet
from cluster.objects import NO_RESTARTS, a_job
from cluster.space import Space
from cluster.waiting import until

pytestmark = pytest.mark.usefixtures("operator")


def test_of_a_hundred_edits_the_last_one_holds(space: Space, kubelet: Kubelet) -> None:
    """The worker gets the last template, and was restarted three times at most (FAULTS 32)."""
    space.create(a_job())
    kubelet.runs(space.until_pod())
    space.until_phase("Running")

    for number in range(100):
        space.edit("TrainingJob", "iris", {"spec": {"workers": {"template": {"labels": {"edit": str(number)}}}}})

    def with_the_last_edit() -> bool:
        return [pod["metadata"]["labels"].get("edit") for pod in space.all("Pod")] == ["99"]

    until("the one pod has the last edit", with_the_last_edit, space.job)
    job = space.until_job("it has seen all edits", lambda job: job["status"]["observedGeneration"] == 101)
    restarts = job["status"]["restarts"]
    assert 1 <= restarts["updates"] <= 3
    assert restarts == NO_RESTARTS | {"updates": restarts["updates"]}


def test_what_is_no_part_of_the_pod_restarts_nothing(space: Space, kubelet: Kubelet) -> None:
    """Policies, labels of the job, and the same values again leave the worker alone (FAULTS 17)."""
    space.create(a_job(workers={"template": {"labels": {"a": "b"}}}))
    pod = space.until_pod()
    kubelet.runs(pod)
    before = space.until_phase("Running")

    change = {"backoffLimit": 1, "activeDeadlineSeconds": 999, "workers": {"template": {"labels": {"a": "b"}}}}
    space.edit("TrainingJob", "iris", {"metadata": {"labels": {"mine": "yes"}}, "spec": change})

    job = space.until_job("it has seen the edit", lambda job: job["status"]["observedGeneration"] == 2)
    assert job["status"]["workers"] == before["status"]["workers"]
    assert [each["metadata"]["uid"] for each in space.all("Pod")] == [pod["metadata"]["uid"]]
