"""Pods that have the name but are not the job's, and pods that are the job's but do not look it (FAULTS 4, 16, 22)."""

from typing import Any

import pytest

from cluster.api import JSON_PATCH, path_of
from cluster.kubelet import Kubelet
from cluster.objects import NO_RESTARTS, a_job, a_strangers_pod, condition, done, uid_of
from cluster.space import Space

pytestmark = pytest.mark.usefixtures("operator")

HELD: dict[str, Any] = {"metadata": {"finalizers": ["test.lsml.dev/held"]}}
LET_GO: dict[str, Any] = {"metadata": {"finalizers": None}}


def test_a_strangers_pod_is_left_alone(space: Space, kubelet: Kubelet) -> None:
    """The job says whose the name is and what helps; once it is free, it goes on (FAULTS 4)."""
    stranger = space.create(a_strangers_pod("iris-w0-0"))
    space.create(a_job())

    job = space.until_reason("NameTaken")

    assert job["status"]["phase"] == "Pending"
    assert condition(job, "Stalled")["status"] == "True"
    assert job["status"]["diagnosis"] == (
        "pod iris-w0-0 was refused: an object of that name is there already and belongs to somebody else; "
        "delete it, or rename the job"
    )
    assert uid_of(space.get("Pod", "iris-w0-0")) == uid_of(stranger)

    space.delete("Pod", "iris-w0-0")
    kubelet.ends(space.until_pod("iris-w0-0"), 0, done())
    job = space.until_phase("Succeeded")
    assert condition(job, "Stalled") == {}


def test_a_former_jobs_pod_is_never_adopted(space: Space, kubelet: Kubelet) -> None:
    """A job of the same name, while the old one's pod still goes: the new one waits for its own (FAULTS 16)."""
    space.create(a_job())
    old = space.until_pod()
    kubelet.runs(old)
    space.until_phase("Running")
    space.edit("Pod", "iris-w0-0", HELD)
    space.delete("TrainingJob", "iris", propagationPolicy="Background")
    space.until_gone("TrainingJob", "iris")

    new = space.create(a_job())
    kubelet.ends(old, 0, done())  # not the new job's success
    job = space.until_reason("NameTaken")
    assert job["status"]["diagnosis"] == (
        "pod iris-w0-0 was refused: that of a former job of the same name is still there; it goes by itself"
    )
    assert uid_of(space.get("Pod", "iris-w0-0")) == uid_of(old)

    space.delete("Pod", "iris-w0-0")
    space.edit("Pod", "iris-w0-0", LET_GO)
    kubelet.runs(space.until_pod("iris-w0-0"))
    space.until_phase("Running")
    pod = space.get("Pod", "iris-w0-0")
    assert uid_of(pod) != uid_of(old)
    assert pod["metadata"]["ownerReferences"][0]["uid"] == uid_of(new)


def test_an_orphan_is_not_adopted(space: Space, kubelet: Kubelet) -> None:
    """`kubectl delete --cascade=orphan` keeps the pod; a new job of that name leaves it alone (FAULTS 16)."""
    space.create(a_job())
    old = space.until_pod()
    space.delete("TrainingJob", "iris", propagationPolicy="Orphan")
    space.until_gone("TrainingJob", "iris")
    assert "ownerReferences" not in space.get("Pod", "iris-w0-0")["metadata"]

    space.create(a_job())

    space.until_reason("NameTaken")
    assert uid_of(space.get("Pod", "iris-w0-0")) == uid_of(old)
    space.delete("Pod", "iris-w0-0")
    kubelet.runs(space.until_pod("iris-w0-0"))
    space.until_phase("Running")


STRIPPED = {
    "its label": {"op": "remove", "path": "/metadata/labels/lsml.dev~1job"},
    "its owner": {"op": "remove", "path": "/metadata/ownerReferences"},
    "its index": {"op": "remove", "path": "/metadata/labels/lsml.dev~1index"},
}


@pytest.mark.parametrize("strip", STRIPPED.values(), ids=STRIPPED)
def test_a_pod_that_was_stripped_is_reported_and_replaced(space: Space, kubelet: Kubelet, strip: Any) -> None:
    """Without its label or its owner a pod is the job's no more: counted as an eviction, replaced (FAULTS 22)."""
    space.create(a_job())
    kubelet.runs(space.until_pod())
    space.until_phase("Running")

    space.api.request("PATCH", path_of("Pod", space.name, "iris-w0-0"), [strip], JSON_PATCH)

    kubelet.ends(space.until_pod("iris-w0-1"), 0, done())
    job = space.until_phase("Succeeded")
    assert job["status"]["restarts"] == NO_RESTARTS | {"evictions": 1}
