"""helm and kubectl on a target, as a user has them."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from .targets import REPOSITORY, Target

NAMESPACE = "lsml-demo"
RELEASE = "lsml"
EXAMPLES = REPOSITORY / "manifests" / "examples"


class DemoError(Exception):
    """What went wrong, and where to look."""


def install(target: Target) -> None:
    """The operator runs in the demo's namespace."""
    values = [*_image("image", target.operator_image), *_image("trainer.image", target.trainer_image)]
    if target.operator_image_id:  # an operator of an image that had the name before goes
        values += ["--set-string", f"podAnnotations.image-id={target.operator_image_id}"]
    if target.only_own_namespace:  # neither a ClusterRole nor a look at other namespaces
        values += ["--set", f"watchNamespace={NAMESPACE}", "--set", "rbac.aggregate=false"]
    chart = str(REPOSITORY / "helm" / "lsml")
    where = ["--namespace", NAMESPACE, "--create-namespace"]
    _call(target, "helm", "upgrade", "--install", RELEASE, chart, *where, *values, "--wait", "--timeout", "180s")


def _image(key: str, image: str) -> list[str]:
    if not image:
        return []
    repository, _, tag = image.rpartition(":")
    return ["--set", f"{key}.repository={repository}", "--set", f"{key}.tag={tag}"]


def kubectl(target: Target, *arguments: str, stdin: str | None = None) -> str:
    """What it prints."""
    return _call(target, "kubectl", "--namespace", NAMESPACE, "--request-timeout=30s", *arguments, stdin=stdin)


def apply_example(target: Target, *names: str) -> None:
    """kubectl apply of files of manifests/examples."""
    kubectl(target, "apply", *(word for name in names for word in ("-f", str(Path(EXAMPLES, f"{name}.yaml")))))


def until(what: str, holds: Callable[[], bool], wait_seconds: float) -> None:
    """Return once it holds; raises DemoError if that takes too long."""
    give_up = time.monotonic() + wait_seconds
    while not holds():
        if time.monotonic() > give_up:
            raise DemoError(f"{what}: not within {wait_seconds:.0f} s; kubectl -n {NAMESPACE} get tjob,pods")
        time.sleep(0.2)


def _call(target: Target, *command: str, stdin: str | None = None) -> str:
    done = subprocess.run(
        command, env=dict(target.environment), capture_output=True, text=True, timeout=300, check=False, input=stdin
    )
    if done.returncode:
        raise DemoError(f"{command[0]} failed: {done.stderr.strip()[-1500:]}")
    return done.stdout
