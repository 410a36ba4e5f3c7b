"""A node is lost, a slow worker is replaced, workers are added while that pays.

Each of it takes a minute to be decided: all jobs are there at the same time. The numbers are those of the list of
faults.
"""

import json
from collections.abc import Iterator

import pytest

from e2e.claim import hurry
from e2e.images import TRAINER
from e2e.jobs import NO_RESTARTS, SLEEPY, SLEEPY_TEMPLATE, a_patient_job
from e2e.kube import WAIT, WAIT_SECONDS, Kube, Object, wait_for
from e2e.test_elastic import a_team, alive, pod_of, run_together, scale

pytestmark = pytest.mark.e2e

EPOCHS, SLOWED_EPOCHS, FOR_EVER = 100, 120, 1_000_000
LONG_SECONDS = 0.004
"""A row of a job that is not to end, within ten minutes and by itself, before all has happened to it."""


def a_sleepy_job(name: str, epochs: int, row_seconds: float = 0.001, shards: int = 4, **workers: object) -> Object:
    """By default 1.4 s an epoch of one worker, and 0.7 s of two."""
    job = a_patient_job(name, epochs, row_seconds, shards, **{"max": 2, **workers})
    job["spec"]["checkpoint"] = {"uri": f"pvc://models/{name}-state", "everySeconds": 5}
    return job


def only(kube: Kube, node: str) -> None:
    """New pods go to this node alone."""
    kube("uncordon", node)
    for other in kube.cluster.nodes:
        if other != node:
            kube("cordon", other)


@pytest.fixture(scope="module", autouse=True)
def jobs(kube: Kube) -> None:
    """Those that take their time by themselves have begun; and `calm` is what the others must come to."""
    here = {"nodeSelector": {"kubernetes.io/hostname": kube.cluster.nodes[0]}}
    more = {"autoscale": {"efficiency": 0.5}, "template": SLEEPY_TEMPLATE | here}
    kube.apply(
        SLEEPY,
        a_sleepy_job("grows", FOR_EVER, **more),
        a_sleepy_job("in-vain", FOR_EVER, shards=1, **more),  # there is nothing to share
        a_team("slowed", 2, SLOWED_EPOCHS, replaceStragglers=True, template=here),
    )
    kube.until("slowed", run_together(2))
    slow_down(kube, pod_of(kube, "slowed", "w1"))
    kube.apply(a_sleepy_job("calm", EPOCHS, row_seconds=0.0), a_team("not-slowed", 1, SLOWED_EPOCHS))


@pytest.fixture(scope="module")
def second(kube: Kube, jobs: None) -> Iterator[str]:
    """A second node."""
    with kube.cluster.one_more_node() as name:
        kube.cluster.load(TRAINER)
        yield name
        # The pods of a node that is gone would hold up their namespace for a minute.
        kube("delete", "trainingjobs", "--all", WAIT)
        wait_for(lambda: not kube.every("pods"), WAIT_SECONDS, lambda: kube("get", "pods", "-o", "wide"))


def slow_down(kube: Kube, pod: Object) -> None:
    """It has a hundredth of a CPU from now on: few enough where the others have little, too."""
    cpu = {"cpu": "10m"}
    worker = {"name": "worker", "resources": {"requests": cpu, "limits": cpu}}
    change = json.dumps({"spec": {"containers": [worker]}})
    kube("patch", "pod", pod["metadata"]["name"], "--subresource=resize", "--patch", change)


def spread(kube: Kube, second: str) -> None:
    """Two jobs of two workers: `led-there` has its coordinator and one worker on the second node, `helped-there` only
    a worker.
    """
    first = kube.cluster.nodes[0]
    only(kube, second)
    kube.apply(a_sleepy_job("led-there", EPOCHS, LONG_SECONDS))
    kube.until("led-there", run_together(1))
    only(kube, first)
    scale(kube, "led-there", 2)
    kube.apply(a_sleepy_job("helped-there", EPOCHS, LONG_SECONDS))
    kube.until("helped-there", run_together(1))
    kube.until("led-there", run_together(2))
    only(kube, second)
    scale(kube, "helped-there", 2)
    kube.until("helped-there", run_together(2))
    kube("uncordon", first)


def machine_of(kube: Kube, job: str, part: str) -> str:
    node: str = pod_of(kube, job, part)["spec"]["nodeName"]
    return node


def leaving(kube: Kube, job: str) -> list[str]:
    """The pods of a job that are to go and that no kubelet has ended."""
    return [pod["metadata"]["name"] for pod in kube.pods(job) if "deletionTimestamp" in pod["metadata"]]


def notes_of(kube: Kube, job: str) -> list[str]:
    """What the events of a job say."""
    events = kube.every("events.v1.events.k8s.io")
    return [event["note"] for event in events if event["regarding"]["name"] == job]


def digest_of(kube: Kube, job: str) -> str:
    digest: str = kube.until_phase(job, "Succeeded")["model"]["digest"]
    return digest


HELPED_THERE = NO_RESTARTS | {"evictions": 1}
DRAINED = NO_RESTARTS | {"coordinator": 1, "evictions": 3}
LED_THERE = NO_RESTARTS | {"coordinator": 1, "evictions": 1}


def test_jobs_outlive_a_node_that_is_lost_and_comes_back(kube: Kube, second: str) -> None:
    """39"""
    first = kube.cluster.nodes[0]
    spread(kube, second)
    kube.cluster.unplug(second)
    silent = f"node {second}, the machine of worker 1, does not answer"
    kube.until("helped-there", lambda status: silent in status["diagnosis"])
    kube.until("helped-there", lambda s: run_together(2)(s) and s["restarts"] == HELPED_THERE)
    kube.until("led-there", lambda s: run_together(2)(s) and s["restarts"] == LED_THERE)
    assert machine_of(kube, "helped-there", "w1") == first
    assert {machine_of(kube, "led-there", part) for part in ("coordinator", "w0")} == {first}
    lost = f"(attempt 0) ended: its node {second} does not answer"
    assert f"worker 1 {lost}" in notes_of(kube, "helped-there")
    assert {f"worker 0 {lost}", f"coordinator {lost}"} <= {*notes_of(kube, "led-there")}

    assert leaving(kube, "led-there")
    kube.cluster.plug_in(second)
    wait_for(lambda: not leaving(kube, "led-there"), WAIT_SECONDS, lambda: kube("get", "pods,nodes", "-o", "wide"))
    kube("wait", "--for=condition=Ready", f"node/{second}", WAIT)
    assert kube.status("led-there")["restarts"] == LED_THERE
    assert kube.status("helped-there")["restarts"] == HELPED_THERE


def test_a_drained_node_gives_its_pods_to_the_other(kube: Kube, second: str) -> None:
    """39, 46. All workers go at once: the next ones go on from the checkpoint."""
    first = kube.cluster.nodes[0]
    pods = "--pod-selector=lsml.dev/job=helped-there"
    kube("drain", first, pods, "--force", "--delete-emptydir-data", WAIT)
    kube.until("helped-there", lambda s: run_together(2)(s) and s["restarts"] == DRAINED)
    kube("uncordon", first)
    assert {machine_of(kube, "helped-there", part) for part in ("coordinator", "w0", "w1")} == {second}


@pytest.mark.parametrize("job", ["led-there", "helped-there"])
def test_whoever_lost_a_node_has_the_model_of_who_lost_none(kube: Kube, job: str) -> None:
    hurry(kube, job)
    assert digest_of(kube, job) == digest_of(kube, "calm")
    wait_for(lambda: not alive(kube, job), WAIT_SECONDS, lambda: kube("get", "pods,services"))


def test_a_slow_worker_is_replaced(kube: Kube) -> None:
    assert digest_of(kube, "slowed") == digest_of(kube, "not-slowed")
    assert kube.status("slowed")["restarts"] == NO_RESTARTS | {"stragglers": 1}
    (note,) = [note for note in notes_of(kube, "slowed") if "(attempt 0) ended" in note]
    assert note.startswith("worker 1 (attempt 0) ended: it held the others up: its part of a step takes ")


def test_a_worker_is_added_where_it_pays(kube: Kube) -> None:
    """Twice as fast asks for half of twice: the second worker is measured, and stays."""
    kube.until("grows", lambda s: len(s["autoscale"]["measured"]) == s["workers"]["running"] == 2)
    assert [note for note in notes_of(kube, "grows") if note.startswith("worker 1 is added: 1 train ")]


def test_a_worker_is_taken_back_where_it_does_not_pay(kube: Kube) -> None:
    status = kube.until("in-vain", lambda s: s["autoscale"]["settled"] and s["workers"]["running"] == 1)
    assert (status["autoscale"]["workers"], status["restarts"]) == (1, NO_RESTARTS)
    assert [note for note in notes_of(kube, "in-vain") if note.startswith("worker 1 is taken back: it brought ")]
