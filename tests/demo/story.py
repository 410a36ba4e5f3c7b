"""What the demo shows: install with Helm, apply one file, watch it to its end, read the answer out of its status."""

import json
import time
from typing import Any

from localcluster.report import say, step

from .targets import Target
from .tools import NAMESPACE, RELEASE, DemoError, apply_example, install, kubectl

JOB = "iris-svm"
DEADLINE_SECONDS = 300


def run(target: Target) -> None:
    """The whole story, on a cluster that is ready."""
    say(f"using {target.description}")
    with step(f"helm install {RELEASE} helm/lsml"):
        install(target)
    kubectl(target, "delete", "trainingjob", JOB, "--ignore-not-found", "--timeout=60s")
    with step(f"kubectl apply -f manifests/examples/{JOB}.yaml"):
        apply_example(target, "models-claim", JOB)
    job = _follow(target)
    _tell(target, job)


def _follow(target: Target) -> dict[str, Any]:
    """The job at its end; each news of it is a line."""
    started, last = time.monotonic(), ""
    while time.monotonic() < started + DEADLINE_SECONDS:
        job: dict[str, Any] = json.loads(kubectl(target, "get", "trainingjob", JOB, "-o", "json"))
        status = job.get("status", {})
        news = f"{status.get('phase', 'not seen yet')}: {status.get('diagnosis', '')}"
        if news != last:
            say(f"  {time.monotonic() - started:5.1f} s  {JOB} {news}")
            last = news
        if status.get("phase") in ("Succeeded", "Failed"):
            return job
        time.sleep(0.3)
    raise DemoError(f"{JOB} has not ended in {DEADLINE_SECONDS} s: kubectl -n {NAMESPACE} describe tjob {JOB}")


def _tell(target: Target, job: dict[str, Any]) -> None:
    status = job["status"]
    say(kubectl(target, "get", "trainingjob", JOB).rstrip())
    if status["phase"] != "Succeeded":
        raise DemoError(f"{JOB} {status['phase']}: {status.get('diagnosis')}")
    evaluation = status["evaluation"]
    metrics = ", ".join(f"{metric['name']} {metric['value']:.4f}" for metric in evaluation["metrics"])
    say(f"evaluated on {evaluation['rows']} held-out rows: {metrics}   (.status.evaluation)")
    say("to look further:")
    for line in (
        target.goodbye,
        f"kubectl -n {NAMESPACE} get tjob -o wide",
        f"kubectl -n {NAMESPACE} describe tjob {JOB}",
        f"kubectl -n {NAMESPACE} logs -l lsml.dev/job={JOB}",
        f"kubectl -n {NAMESPACE} apply -f manifests/examples/digits-mlp.yaml",
        "kubectl explain tjob.spec.algorithm.svm",
    ):
        if line:
            say(f"  {line}")
