"""Workers that are lost: which loss counts as what, and when it is enough (FAULTS 45, 46, 49)."""

import json
import re
from collections.abc import Callable

import pytest

from cluster.api import Object
from cluster.kubelet import MESSAGE_BYTES, Kubelet
from cluster.objects import NO_RESTARTS, a_job, a_report, an_ending, condition, done
from cluster.space import Space
from cluster.waiting import until
from cluster.worker import a_worker, says

pytestmark = pytest.mark.usefixtures("operator")


Loss = Callable[[Kubelet, Object], None]

LOSSES: dict[str, tuple[Loss, str, str]] = {
    "evicted by its node": (lambda k, pod: k.is_lost(pod, "Evicted", "low on memory"), "evictions", "Evicted"),
    "its node is gone": (lambda k, pod: k.is_lost(pod, "NodeLost"), "evictions", "NodeLost"),
    "refused by its node": (lambda k, pod: k.is_lost(pod, "UnexpectedAdmissionError"), "evictions", "Unexpected"),
    "asked to leave": (
        lambda k, pod: k.ends(pod, 143, an_ending("AskedToLeave", "left at step 7")), "evictions", "left at step 7",
    ),
    "killed while its node is drained": (
        lambda k, pod: k.ends(pod, 137, conditions=[disruption("EvictionByEvictionAPI")]),
        "evictions",
        "EvictionByEvictionAPI",
    ),
    "preempted": (
        lambda k, pod: k.ends(pod, 1, conditions=[disruption("PreemptionByScheduler")]),
        "evictions",
        "PreemptionByScheduler",
    ),
    "deleted by somebody": (lambda k, pod: k.deletes(pod), "evictions", "its pod was deleted"),
    "out of memory": (
        lambda k, pod: k.ends(pod, 137, reason="OOMKilled"), "outOfMemory", "raise workers.resources.limits.memory",
    ),
    "killed with -9": (lambda k, pod: k.ends(pod, 137, "Killed"), "crashes", "exit code 137 (SIGKILL): Killed"),
    "raised": (
        lambda k, pod: k.ends(pod, 1, an_ending("InternalError", "ZeroDivisionError: by zero")),
        "crashes",
        "InternalError: ZeroDivisionError: by zero",
    ),
    "to be tried again": (
        lambda k, pod: k.ends(pod, 75, an_ending("OutputUnavailable", "no space left")), "crashes", "no space left",
    ),
    "a shell's 2, which is no verdict": (lambda k, pod: k.ends(pod, 2, "usage: worker"), "crashes", "usage: worker"),
    "an interpreter's last words": (
        lambda k, pod: k.ends(pod, 139, "Segmentation fault"), "crashes", "exit code 139 (SIGSEGV): Segmentation fault",
    ),
}  # fmt: skip


def disruption(reason: str) -> Object:
    """The condition that the cluster sets before it takes a pod away."""
    return {
        "type": "DisruptionTarget",
        "status": "True",
        "reason": reason,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }


@pytest.mark.parametrize(("loss", "counted_as", "words"), LOSSES.values(), ids=LOSSES)
def test_a_lost_worker_is_counted_once_and_replaced(
    space: Space, kubelet: Kubelet, loss: Loss, counted_as: str, words: str
) -> None:
    """Its cause is counted, told in an event, and the next attempt succeeds (FAULTS 45, 46)."""
    space.create(a_job())
    pod = space.until_pod()
    kubelet.runs(pod)
    space.until_phase("Running")

    loss(kubelet, pod)

    kubelet.ends(space.until_pod("iris-w0-1"), 0, done())
    job = space.until_phase("Succeeded")
    assert job["status"]["restarts"] == NO_RESTARTS | {counted_as: 1}
    notes = [event["note"] for event in space.all("Event") if event["note"].startswith("worker 0 (attempt 0) ended: ")]
    assert len(notes) == 1
    assert words in notes[0]


def test_a_pod_that_is_leaving_is_one_eviction(space: Space, kubelet: Kubelet) -> None:
    """Deleted with its grace: replaced at once, and not counted again when it has gone (FAULTS 46)."""
    space.create(a_job())
    pod = space.until_pod()
    kubelet.runs(pod)
    space.until_phase("Running")
    space.edit("Pod", "iris-w0-0", {"metadata": {"finalizers": ["test.lsml.dev/stays"]}})

    space.delete("Pod", "iris-w0-0")
    successor = space.until_pod("iris-w0-1")
    kubelet.ends(pod, 143, an_ending("AskedToLeave", "left at step 7"))
    space.edit("Pod", "iris-w0-0", {"metadata": {"finalizers": None}})
    space.until_gone("Pod", "iris-w0-0")

    kubelet.runs(successor)
    job = space.until_phase("Running")
    assert job["status"]["restarts"] == NO_RESTARTS | {"evictions": 1}


def test_evictions_never_fail_a_job(space: Space, kubelet: Kubelet) -> None:
    """Not even where no crash is allowed (FAULTS 46)."""
    space.create(a_job(backoffLimit=0))
    for attempt in range(3):
        pod = space.until_pod(f"iris-w0-{attempt}")
        kubelet.runs(pod)
        kubelet.is_lost(pod, "Evicted")

    pod = space.until_pod("iris-w0-3")
    kubelet.runs(pod)
    job = space.until_job("it runs, and that is told", lambda job: job["status"]["findings"] == ["OftenEvicted"])
    assert re.search(r"; 3 workers were evicted in \d+s; .*; set spec.checkpoint, so that", job["status"]["diagnosis"])

    kubelet.ends(pod, 0, done())

    job = space.until_phase("Succeeded")
    assert job["status"]["restarts"] == NO_RESTARTS | {"evictions": 3}
    assert job["status"]["findings"] == []


def test_a_team_whose_workers_crash_often_is_told_so_while_it_trains(space: Space, kubelet: Kubelet) -> None:
    space.create(a_job(workers={"replicas": 4}))
    for name in ("coordinator-0", "w0-0", "w1-0", "w2-0", "w3-0"):
        kubelet.runs(space.until_pod(f"iris-{name}"))
    space.until_job("all run", lambda job: job["status"]["summary"]["workers"] == "4/4")
    for name in ("w1-0", "w2-0", "w3-0"):
        kubelet.ends(space.get("Pod", f"iris-{name}"), 139, "Segmentation fault")

    job = space.until_job("that is told", lambda job: job["status"]["findings"] == ["OftenCrashed"])
    assert "its workers crashed 3 times, and backoffLimit allows 6" in job["status"]["diagnosis"]
    assert (job["status"]["phase"], job["status"]["restarts"]["crashes"]) == ("Running", 3)


def test_a_program_that_always_raises_fails_the_job(space: Space, kubelet: Kubelet) -> None:
    """After backoffLimit crashes; the end of its traceback is in the status, and in an event (FAULTS 49)."""
    traceback = "\n".join(f'  File "model.py", line {line}, in layer' for line in range(40)) + "\nKeyError: 'petal'"
    ending = an_ending("InternalError", "KeyError: 'petal'", traceback=traceback)
    space.create(a_job(backoffLimit=1))
    kubelet.ends(space.until_pod("iris-w0-0"), 1, ending)
    kubelet.ends(space.until_pod("iris-w0-1"), 1, ending)

    job = space.until_phase("Failed")

    failed = condition(job, "Failed")
    assert failed["reason"] == "BackoffLimitExceeded"
    assert failed["message"].startswith(
        "2 crashes, 1 allowed; worker 0 (attempt 1) ended: InternalError: KeyError: 'petal'"
    )
    assert failed["message"].endswith("in layer\nKeyError: 'petal'")
    assert job["status"]["restarts"] == NO_RESTARTS | {"crashes": 2}
    assert space.live_pods() == []


def test_out_of_memory_counts_against_the_limit(space: Space, kubelet: Kubelet) -> None:
    """And the remedy is named (FAULTS 45)."""
    space.create(a_job(backoffLimit=0))
    kubelet.ends(space.until_pod(), 137, reason="OOMKilled")

    job = space.until_phase("Failed")

    assert job["status"]["restarts"] == NO_RESTARTS | {"outOfMemory": 1}
    assert job["status"]["diagnosis"] == (
        "1 crashes, 0 allowed; worker 0 (attempt 0) ended: "
        "it used more memory than its limit; raise workers.resources.limits.memory"
    )


def test_a_crash_loop_slows_down(space: Space, kubelet: Kubelet) -> None:
    """The first crash is replaced at once, the second after a while that the status names (FAULTS 49)."""
    space.create(a_job())
    kubelet.ends(space.until_pod("iris-w0-0"), 1, "no reason")
    kubelet.ends(space.until_pod("iris-w0-1"), 1, "no reason")

    job = space.until_job("it waits", lambda job: condition(job, "Ready")["reason"] == "BackOff")

    assert job["status"]["phase"] == "Restarting"
    assert job["status"]["diagnosis"].startswith(
        "worker 0 (attempt 1) ended: exit code 1 (Error): no reason; attempt 2 begins at "
    )
    assert space.find("Pod", "iris-w0-2") is None
    space.until_pod("iris-w0-2")


STARTS_NOT = {
    "the image": ("ImagePullBackOff", "Back-off pulling image", "check the operator's trainer image"),
    "a secret": ("CreateContainerConfigError", 'secret "s" not found', "create what it names"),
}


@pytest.mark.parametrize(("reason", "said", "remedy"), STARTS_NOT.values(), ids=STARTS_NOT)
def test_what_a_container_lacks_is_named(space: Space, kubelet: Kubelet, reason: str, said: str, remedy: str) -> None:
    """The kubelet's words and a remedy; once it is there, the job goes on by itself (FAULTS 30)."""
    space.create(a_job())
    pod = space.until_pod()
    kubelet.waits(pod, reason, said)

    job = space.until_reason(reason)

    assert job["status"]["diagnosis"].startswith(f"worker 0 cannot start: {said}; {remedy}")
    assert condition(job, "Stalled")["status"] == "True"
    kubelet.runs(pod)
    job = space.until_phase("Running")
    assert condition(job, "Stalled") == {}


def test_no_machine_is_told_in_the_schedulers_words(space: Space, kubelet: Kubelet) -> None:
    """Pending with the reason; when the affinity is put right the worker is replaced (FAULTS 31)."""
    space.create(a_job())
    pod = space.until_pod()
    kubelet.finds_no_node(pod, "0/3 nodes are available: 3 Insufficient nvidia.com/gpu.")

    job = space.until_reason("Unschedulable")

    wanted = "no machine takes worker 0: 0/3 nodes are available: 3 Insufficient nvidia.com/gpu."
    assert (job["status"]["phase"], job["status"]["diagnosis"]) == ("Pending", wanted)
    assert job["status"]["findings"] == []  # it asks for none
    until("it is told as a warning", lambda: ("Warning", "Unschedulable") in events_of(space))

    kubelet.finds_no_node(pod, "0/3 nodes are available: 3 Insufficient memory.")

    wanted = (
        "no machine takes worker 0: 0/3 nodes are available: 3 Insufficient memory; a worker asks for memory 1Gi (too "
        "little is left on 3)"
    )
    job = space.until_job("what it asks for is told", lambda job: job["status"]["diagnosis"] == wanted)
    assert job["status"]["findings"] == ["TooLarge"]


def events_of(space: Space) -> list[tuple[str, str]]:
    """Type and reason of each event."""
    return [(event["type"], event["reason"]) for event in space.all("Event")]


LONGEST = {"ASCII": "x", "two bytes a character": "é", "quotes, which JSON doubles": '"', "control characters": "\x1b"}


@pytest.mark.parametrize("letter", LONGEST.values(), ids=LONGEST)
def test_a_status_is_small_whatever_a_worker_says(space: Space, kubelet: Kubelet, letter: str) -> None:
    """Under 10 KB, with the largest report and the largest last words (FAULTS 52)."""
    metrics = [{"name": f"m{number}".ljust(63, "_"), "value": -1.2345678901234567e-300} for number in range(16)]
    largest = a_report(percent=99.999999999, evaluation={"metrics": metrics, "rows": 2**53, "heldOut": True})
    largest["progress"] |= {"metrics": metrics, "step": 2**62, "totalSteps": 2**62, "epoch": 2**62}
    largest["model"] = {"uri": "pvc://" + "m" * 1018, "digest": "d" * 80}
    space.create(a_job(backoffLimit=0))
    pod = space.until_pod()
    with a_worker(says(largest)) as worker:
        kubelet.runs(pod, worker.ip)
        space.until_job("it has seen the report", lambda job: job["status"].get("evaluation"))
    ending = longest(lambda n: an_ending("InternalError", letter * min(n, 1000), traceback=letter * min(n, 2048)))
    kubelet.ends(pod, 1, ending)

    job = space.until_phase("Failed")

    assert condition(job, "Failed")["reason"] == "BackoffLimitExceeded"
    assert len(json.dumps(job["status"], ensure_ascii=False).encode()) < 10_000
    until("the failure is told in full", lambda: "BackoffLimitExceeded" in [e["reason"] for e in space.all("Event")])


def longest(message: Callable[[int], str]) -> str:
    """The longest of these that a kubelet keeps whole."""
    length = MESSAGE_BYTES
    while len(message(length).encode()) > MESSAGE_BYTES:
        length -= 16
    return message(length)
