"""What the demo shows: install with Helm, apply one file, watch it to its end, read the answer out of its status."""

import json
import subprocess
import time
from typing import Any

from localcluster.report import say, step

from .targets import REPOSITORY, Target

NAMESPACE = "lsml-demo"
RELEASE = "lsml"
JOB = "iris-svm"
EXAMPLES = REPOSITORY / "manifests" / "examples"
DEADLINE_SECONDS = 300


class DemoError(Exception):
    """What went wrong, and where to look."""


def run(target: Target) -> None:
    """The whole story, on a cluster that is ready."""
    say(f"using {target.description}")
    with step(f"helm install {RELEASE} helm/lsml"):
        _install(target)
    _kubectl(target, "delete", "trainingjob", JOB, "--ignore-not-found", "--timeout=60s")
    with step(f"kubectl apply -f manifests/examples/{JOB}.yaml"):
        _kubectl(target, "apply", "-f", str(EXAMPLES / "models-claim.yaml"), "-f", str(EXAMPLES / f"{JOB}.yaml"))
    job = _follow(target)
    _tell(target, job)


def _install(target: Target) -> None:
    values = [*_image("image", target.operator_image), *_image("trainer.image", target.trainer_image)]
    if target.only_own_namespace:  # nothing of the whole cluster's but the resource
        values += [
            "--set",
            f"watchNamespace={NAMESPACE}",
            "--set",
            "rbac.aggregate=false",
            "--set",
            "policies.enabled=false",
        ]
    chart = str(REPOSITORY / "helm" / "lsml")
    where = ["--namespace", NAMESPACE, "--create-namespace"]
    _call(target, "helm", "upgrade", "--install", RELEASE, chart, *where, *values, "--wait", "--timeout", "180s")


def _image(key: str, image: str) -> list[str]:
    if not image:
        return []
    repository, _, tag = image.rpartition(":")
    return ["--set", f"{key}.repository={repository}", "--set", f"{key}.tag={tag}"]


def _follow(target: Target) -> dict[str, Any]:
    """The job at its end; each news of it is a line."""
    started, last = time.monotonic(), ""
    while time.monotonic() < started + DEADLINE_SECONDS:
        job: dict[str, Any] = json.loads(_kubectl(target, "get", "trainingjob", JOB, "-o", "json"))
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
    say(_kubectl(target, "get", "trainingjob", JOB).rstrip())
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


def _kubectl(target: Target, *arguments: str) -> str:
    return _call(target, "kubectl", "--namespace", NAMESPACE, "--request-timeout=30s", *arguments)


def _call(target: Target, *command: str) -> str:
    done = subprocess.run(
        command, env=dict(target.environment), capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        raise DemoError(f"{command[0]} failed: {done.stderr.strip()[-1500:]}")
    return done.stdout
