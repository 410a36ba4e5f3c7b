"""What the API server refuses the operator: told in the status, and done as soon as it can be (FAULTS 21, 30)."""

from collections.abc import Callable

import pytest

from cluster.api import Object
from cluster.kubelet import Kubelet
from cluster.objects import a_job, an_account, condition, without_pods
from cluster.space import Space

pytestmark = pytest.mark.usefixtures("operator")


def a_priority_class(name: str) -> Object:
    """A class that a cluster's administrator makes."""
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "value": 1000,
        "description": "of a test",
    }


def a_runtime_class(name: str) -> Object:
    """A class that a cluster's administrator makes."""
    return {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": name}, "handler": "runc"}


def test_it_is_told_and_made_good(new_space: Callable[[], Space], kubelet: Kubelet) -> None:
    """A full quota, missing classes, a missing account: each is named; put right, the job goes on (FAULTS 21, 30)."""
    full, classless, runtimeless, accountless = (new_space() for _ in range(4))
    full.create(without_pods())
    full.create(a_job())
    classless.create(a_job(workers={"template": {"priorityClassName": "made-later"}}))
    runtimeless.create(a_job(workers={"template": {"runtimeClassName": "made-later"}}))
    accountless.create(a_job(workers={"template": {"serviceAccountName": "made-later"}}))

    job = full.until_reason("QuotaExceeded")
    assert job["status"]["phase"] == "Pending"
    assert "pod iris-w0-0 was refused" in job["status"]["diagnosis"]
    assert (
        "exceeded quota: none, requested: pods=1, used: pods=0, limited: pods=0; the quota lacks pods 1"
        in job["status"]["diagnosis"]
    )
    assert condition(job, "Stalled")["status"] == "True"
    job = classless.until_reason("Forbidden")
    assert "no PriorityClass with name made-later was found" in job["status"]["diagnosis"]
    assert job["status"]["findings"] == ["PriorityClassNotFound"]
    job = runtimeless.until_reason("Forbidden")
    assert 'RuntimeClass "made-later" not found' in job["status"]["diagnosis"]
    assert job["status"]["findings"] == ["RuntimeClassNotFound"]
    job = accountless.until_reason("Forbidden")
    assert 'serviceaccount "made-later" not found' in job["status"]["diagnosis"]
    assert job["status"]["findings"] == ["ServiceAccountNotFound"]

    full.edit("ResourceQuota", "none", {"spec": {"hard": {"pods": "1"}}})
    full.api.apply(a_priority_class("made-later"))
    full.api.apply(a_runtime_class("made-later"))
    accountless.create(an_account("made-later", accountless.name))
    for space in (full, classless, runtimeless, accountless):
        kubelet.runs(space.until_pod())
        job = space.until_phase("Running")
        assert condition(job, "Stalled") == {}
        space.discard()


def test_two_jobs_in_a_full_quota_do_not_hold_each_other_up(space: Space, kubelet: Kubelet) -> None:
    """The first one has its worker and goes on; the second waits for it (FAULTS 21)."""
    space.create(without_pods() | {"spec": {"hard": {"pods": "1"}}})
    space.create(a_job("first"))
    pod = space.until_pod("first-w0-0")
    space.create(a_job("second"))
    space.until_reason("QuotaExceeded", "second")

    kubelet.runs(pod)
    space.until_phase("Running", "first")
    space.edit("TrainingJob", "first", {"spec": {"suspend": True}})

    space.until_pod("second-w0-0")
    space.until_phase("Suspended", "first")


def test_a_pod_that_cannot_be(space: Space, kubelet: Kubelet) -> None:
    """What only the pod's own rules refuse: said in the API server's words; an edit puts it right at once."""
    too_much = {"limits": {"cpu": "1"}, "requests": {"cpu": "2"}}
    space.create(a_job(workers={"resources": too_much}))

    job = space.until_reason("Invalid")
    assert "must be less than or equal to cpu limit" in job["status"]["diagnosis"]

    space.edit("TrainingJob", "iris", {"spec": {"workers": {"resources": {"requests": {"cpu": "500m"}}}}})
    kubelet.runs(space.until_pod())
    space.until_phase("Running")
