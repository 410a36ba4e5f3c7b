"""A job from its first look to its last, as its author sees it."""

import json
import time

import pytest

from cluster.api import Object
from cluster.kubelet import Kubelet
from cluster.objects import NO_RESTARTS, a_job, a_report, an_ending, an_svm, condition, done, name_of, phase, uid_of
from cluster.process import IMAGE
from cluster.space import Space
from cluster.waiting import stays, until
from cluster.worker import Answer, a_worker, says
from localcluster import Cluster

pytestmark = pytest.mark.usefixtures("operator")


def truths(job: Object) -> dict[str, str]:
    """The conditions by type: their status."""
    return {found["type"]: found["status"] for found in job["status"]["conditions"]}


def test_a_job_is_given_a_worker_and_succeeds(cluster: Cluster, space: Space, kubelet: Kubelet) -> None:
    """Pending, Running, Succeeded, each told truthfully; the evaluation and the model are in the status."""
    space.create(a_job(output="pvc://models/iris"))
    pod = space.until_pod()
    pending = space.until_job("it has seen its pod", lambda job: reason_is(job, "Starting", state="Pending"))
    assert truths(pending) == {"Ready": "False", "Reconciling": "True"}
    assert pending["status"]["diagnosis"] == "0 of 1 workers run, the others are being started"

    kubelet.runs(pod)
    running = space.until_phase("Running")
    assert truths(running) == {"Ready": "True"}
    assert running["status"]["workers"] == {
        "desired": 1,
        "running": 1,
        "pending": 0,
        "selector": "lsml.dev/job=iris,app.kubernetes.io/component=worker",
        "members": [{"index": 0, "attempt": 0, "state": "Running"}],
    }

    kubelet.ends(pod, 0, done())
    cluster.kubectl("wait", "--for=condition=Complete", "tjob/iris", "--namespace", space.name, "--timeout=60s")
    job = space.job()
    status = job["status"]
    assert truths(job) == {"Ready": "True", "Complete": "True"}
    assert condition(job, "Complete")["reason"] == "Completed"
    assert status["diagnosis"] == "accuracy 0.9667 on 30 rows that were held out"
    assert status["evaluation"] == {"heldOut": True, "metrics": [{"name": "accuracy", "value": 0.9667}], "rows": 30}
    assert status["model"] == {"uri": "pvc://models/iris", "digest": "sha256:" + "0" * 64}
    assert status["summary"] == {"workers": "0/0", "progress": "100%", "loss": "0.25", "goodput": "0%", "restarts": 0}
    assert status["goodput"]["startingSeconds"] > 0, "the worker said nothing before its end"
    assert status["restarts"] == NO_RESTARTS
    assert status["startTime"] <= status["completionTime"]
    assert status["observedGeneration"] == 1
    assert space.find("Pod", "iris-w0-0"), "the pod stays, since people read its log"


def reason_is(job: Object, reason: str, state: str) -> bool:
    """Whether the job stands so, and its first worker too."""
    members = job.get("status", {}).get("workers", {}).get("members") or [{}]
    return condition(job, "Ready").get("reason") == reason and members[0].get("state") == state


def test_every_change_is_told_once(space: Space, kubelet: Kubelet) -> None:
    """`kubectl describe` shows the story: one event for each change."""
    space.create(a_job())
    pod = space.until_pod()
    kubelet.runs(pod)
    space.until_phase("Running")
    kubelet.ends(pod, 0, done())
    space.until_phase("Succeeded")

    def told() -> list[str]:
        events = [event for event in space.all("Event") if event["regarding"].get("kind") == "TrainingJob"]
        return sorted(event["reason"] for event in events)

    until("the end is told", lambda: "Completed" in told(), told)
    assert told() == ["Completed", "Running", "Starting"]


def test_a_pod_is_the_jobs_and_harmless(space: Space) -> None:
    """Its owner is the job; it is restricted, and carries no token (FAULTS 33, 63)."""
    job = space.create(a_job())

    pod = space.until_pod()

    (owner,) = pod["metadata"]["ownerReferences"]
    assert owner == {
        "apiVersion": "lsml.dev/v1alpha1",
        "kind": "TrainingJob",
        "name": "iris",
        "uid": uid_of(job),
        "controller": True,
    }
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert [volume for volume in pod["spec"]["volumes"] if "projected" in volume] == []
    (container,) = pod["spec"]["containers"]
    assert container["image"] == IMAGE
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_text_arrives_literally(space: Space) -> None:
    """Shell, templates and $(NAME) are text, in hyperparameters and in variables (FAULTS 35)."""
    code = "$(LSML_SPEC) `id` {{ 7 * 7 }} ${HOME} $$ ' \" \\ \n; rm -rf /"
    data = {"train": {"uri": "builtin://iris", "label": code}}
    space.create(a_job(data=data, workers={"template": {"env": [{"name": "CODE", "value": code}]}}))

    pod = space.until_pod()

    variables = {variable["name"]: variable.get("value") for variable in pod["spec"]["containers"][0]["env"]}
    assert expanded(variables["CODE"] or "") == code
    spec = variables["LSML_SPEC"] or ""
    assert "$" not in spec
    assert json.loads(spec)["data"] == data
    assert "command" not in pod["spec"]["containers"][0], "the image's own entry point, and no shell"


def expanded(value: str) -> str:
    """What a kubelet makes of a variable that names no other: $$ is a dollar sign."""
    assert "$(" not in value.replace("$$", "")
    return value.replace("$$", "$")


def test_progress_is_asked_for(cluster: Cluster, space: Space, kubelet: Kubelet) -> None:
    """What the worker says is in the status, and in the columns of kubectl get."""
    space.create(a_job())
    pod = space.until_pod()
    report = a_report(percent=63.0)
    report["progress"]["estimatedSecondsRemaining"] = 130
    with a_worker(says(report)) as worker:
        kubelet.runs(pod, worker.ip)

        job = space.until_job("its progress is known", lambda job: job["status"].get("progress"))

    assert job["status"]["progress"] == report["progress"]
    row = cluster.kubectl("get", "tjob", "iris", "--namespace", space.name, "--no-headers")
    assert row.split()[:6] == ["iris", "Running", "1/1", "63%", "0.25", "2m10s"]


def test_a_device_that_a_worker_has_for_nothing_is_told(space: Space, kubelet: Kubelet) -> None:
    space.create(a_job(workers={"resources": {"limits": {"nvidia.com/gpu": 1}}}))
    pod = space.until_pod()
    assert pod["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1"
    kubelet.runs(pod)
    job = space.until_job("it is told", lambda job: job["status"].get("findings") == ["GpuUnused"])
    assert "; each worker keeps 1 nvidia.com/gpu, and svm computes on the processor; " in job["status"]["diagnosis"]


def test_the_ledger_is_that_of_a_clock_on_the_wall(space: Space, kubelet: Kubelet) -> None:
    """Each account lies between what was surely that and what can have been that, by this test's own clock."""
    at, clock = {}, time.monotonic
    at["before it is there"] = clock()
    space.create(a_job())
    pod = space.until_pod()
    space.until_job("it was seen", lambda job: job["status"].get("startTime"))
    at["it starts"] = clock()
    stays("it starts", lambda: True, space.job, for_seconds=1)
    with a_worker(says(a_report(percent=63.0))) as worker:
        at["before it runs"] = clock()
        kubelet.runs(pod, worker.ip)
        space.until_job("it trains", lambda job: job["status"].get("progress"))
        at["it trains"] = clock()
        stays("it trains", lambda: phase(space.job()) == "Running", space.job, for_seconds=2)
    at["before it ends"] = clock()
    kubelet.ends(pod, 0, done())
    ledger = space.until_phase("Succeeded")["status"]["goodput"]
    at["it has ended"] = clock()

    def between(begin: str, end: str) -> float:
        return at[end] - at[begin]

    least, most = between("it starts", "before it runs"), between("before it is there", "it trains")
    assert least <= ledger["startingSeconds"] <= most
    least, most = between("it trains", "before it ends"), between("before it runs", "it has ended")
    assert least <= ledger["productiveSeconds"] <= ledger["workerSeconds"] <= most
    assert ledger["waitingSeconds"] == ledger["recoveringSeconds"] == 0
    spent = ledger["startingSeconds"] + ledger["productiveSeconds"]
    assert ledger["ratio"] == pytest.approx(ledger["productiveSeconds"] / spent, abs=1e-4)


def test_nonsense_from_a_worker_does_no_harm(space: Space, kubelet: Kubelet) -> None:
    """Too much, not JSON, absurd metrics, a way to somewhere else: passed over, and asked again (FAULTS 52)."""
    space.create(a_job())
    pod = space.until_pod()
    absurd = a_report()
    absurd["progress"]["metrics"] = [{"name": "x" * 10_000, "value": 1.0}] * 1000
    with a_worker(says(a_report(percent=99.0))) as elsewhere:
        nonsense = (
            Answer(b"9" * 10_000_000),
            Answer(json.dumps(absurd).encode()),
            Answer(b"not gzip", headers={"Content-Encoding": "gzip"}),
            Answer(b"", 302, {"Location": f"http://{elsewhere.ip}:8080/progress"}),
        )
        with a_worker(*nonsense, says(a_report(percent=50.0))) as worker:
            kubelet.runs(pod, worker.ip)
            job = space.until_job("its progress is known", lambda job: job["status"].get("progress"))

    assert job["status"]["progress"]["percent"] == 50
    assert len(worker.asked) > len(nonsense)
    assert elsewhere.asked == [], "the operator goes nowhere on a worker's word"


def test_suspended_and_resumed(space: Space, kubelet: Kubelet) -> None:
    """A suspended job has no pods and no clock; resumed, it trains anew, and that is no restart."""
    space.create(a_job(activeDeadlineSeconds=3600))
    kubelet.runs(space.until_pod())
    space.until_phase("Running")

    space.edit("TrainingJob", "iris", {"spec": {"suspend": True}})
    job = space.until_phase("Suspended")
    space.until_gone("Pod", "iris-w0-0")
    assert truths(job) == {"Ready": "True", "Suspended": "True"}
    assert "startTime" not in job["status"]

    space.edit("TrainingJob", "iris", {"spec": {"suspend": False}})
    (pod,) = until("it has a pod again", lambda: space.all("Pod"), space.job)
    kubelet.runs(pod)
    job = space.until_phase("Running")
    assert truths(job) == {"Ready": "True", "Suspended": "False"}
    assert job["status"]["restarts"] == NO_RESTARTS
    assert job["status"]["startTime"]


def test_created_suspended(space: Space) -> None:
    """Nothing is made for a job that waits for its author (as Kueue creates them)."""
    space.create(a_job(suspend=True))

    space.until_phase("Suspended")

    assert space.all("Pod") == []


def test_too_long(space: Space, kubelet: Kubelet) -> None:
    """A job that runs longer than it may has failed, and its pod is gone."""
    space.create(a_job(activeDeadlineSeconds=2))
    kubelet.runs(space.until_pod())

    job = space.until_phase("Failed")

    assert truths(job) == {"Ready": "False", "Failed": "True", "Stalled": "True"}
    assert condition(job, "Failed")["reason"] == "DeadlineExceeded"
    assert condition(job, "Failed")["message"].endswith(" s, 2 s allowed")
    space.until_gone("Pod", "iris-w0-0")


def test_time_to_live(space: Space, kubelet: Kubelet) -> None:
    """A job that ended is deleted when it may be, and its pod with it; until then it is there."""
    space.create(a_job(ttlSecondsAfterFinished=2))
    kubelet.ends(space.until_pod(), 0, done())
    space.until_phase("Succeeded")

    space.until_gone("TrainingJob", "iris")

    space.until_gone("Pod", "iris-w0-0")


def test_what_the_schema_cannot_see_fails_with_its_sentence(space: Space) -> None:
    """A rule that CEL cannot express: the job fails before it has a pod, and says what to change."""
    space.create(a_job(algorithm=an_svm(kernel="linear", gamma=0.5)))

    job = space.until_phase("Failed")

    assert condition(job, "Failed")["reason"] == "InvalidSpec"
    sentence = "spec.algorithm.svm: gamma belongs to kernel: poly or rbf; take it out or set one of them"
    assert condition(job, "Failed")["message"] == sentence
    assert space.all("Pod") == []


VERDICTS = {
    "wrong specification": (2, "InvalidSpec", "features 'sepal*' match no column; the columns are a, b, c"),
    "wrong data": (2, "InvalidData", "row 7 of iris.csv: 'abc' is no number; take it out"),
    "not finite": (3, "Diverged", "the loss is not finite at step 12; lower learningRate"),
}


@pytest.mark.parametrize(("exit_code", "reason", "message"), VERDICTS.values(), ids=VERDICTS)
def test_what_trying_again_would_not_help(
    space: Space, kubelet: Kubelet, exit_code: int, reason: str, message: str
) -> None:
    """The worker's own reason and sentence; no second attempt."""
    space.create(a_job())
    kubelet.ends(space.until_pod(), exit_code, an_ending(reason, message))

    job = space.until_phase("Failed")

    assert truths(job) == {"Ready": "False", "Failed": "True", "Stalled": "True"}
    assert (condition(job, "Failed")["reason"], condition(job, "Failed")["message"]) == (reason, message)
    assert job["status"]["restarts"]["crashes"] == 0
    assert [name_of(pod) for pod in space.all("Pod")] == ["iris-w0-0"]


def test_what_ended_stays_ended(space: Space, kubelet: Kubelet) -> None:
    """Neither the loss of its pod nor an edit brings a job back that has ended."""
    space.create(a_job())
    kubelet.ends(space.until_pod(), 0, done())
    space.until_phase("Succeeded")

    space.delete("Pod", "iris-w0-0")
    space.edit("TrainingJob", "iris", {"spec": {"suspend": True, "workers": {"template": {"labels": {"a": "b"}}}}})

    space.until_job("it has seen the edit", lambda job: job["status"]["observedGeneration"] == 2)
    stays("it has succeeded, and has no pods", lambda: phase(space.job()) == "Succeeded" and not space.all("Pod"),
          space.job, for_seconds=0.5)  # fmt: skip
