"""Where the demo runs: a cluster that is there, kind, or the local cluster; and how its images get there."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from localcluster import Cluster, ClusterError, images
from localcluster.report import step

REPOSITORY = Path(__file__).resolve().parent.parent.parent
KIND_NAME = "lsml-demo"
LOCAL_NAME = os.environ.get("CLUSTER_NAME", "demo")
"""Of the local cluster; two checkouts on one machine take two names, and each has its own images."""
OPERATOR, TRAINER = f"localhost/lsml/operator:{LOCAL_NAME}", f"localhost/lsml/trainer:{LOCAL_NAME}"


@dataclass(frozen=True)
class Target:
    """A cluster that is ready, with the images it runs."""

    description: str
    environment: Mapping[str, str]
    """For kubectl and helm."""
    operator_image: str
    operator_image_id: str
    """Which image has that name now; empty where others made it."""
    trainer_image: str
    goodbye: str
    """How to look around, and how to take the cluster away."""
    only_own_namespace: bool = field(default=False)


def choose(wanted: str) -> Target:
    """The cluster that is wanted, up, with the images in it."""
    if wanted == "current":
        return _current()
    if wanted == "kind" or (not wanted and _answers("docker", "info") and shutil.which("kind")):
        return _kind()
    if wanted in ("", "local"):
        return _local()
    raise ClusterError(f"CLUSTER={wanted} is none of current, kind, local")


def _current() -> Target:
    """The cluster of the kubeconfig at hand. It must be able to pull the images, or have them."""
    for program in ("kubectl", "helm"):
        if shutil.which(program) is None:
            raise ClusterError(f"CLUSTER=current needs {program} on the PATH: install it")
    return Target(
        description="the cluster of your kubeconfig's current context",
        environment=dict(os.environ),
        operator_image=os.environ.get("OPERATOR_IMAGE", ""),
        operator_image_id="",
        trainer_image=os.environ.get("TRAINER_IMAGE", ""),
        goodbye="",
        only_own_namespace=True,
    )


def _kind() -> Target:
    """A kind cluster of our own; docker builds the images."""
    if KIND_NAME not in _run("kind", "get", "clusters").split():
        with step("kind cluster"):
            _run("kind", "create", "cluster", "--name", KIND_NAME, "--wait", "120s")
    for image in (OPERATOR, TRAINER):
        with step(f"image {image}"):
            _run("docker", "build", "--quiet", "--target", _target_of(image), "--tag", image, str(REPOSITORY))
            _run("kind", "load", "docker-image", "--name", KIND_NAME, image)
    kubeconfig = Path.home() / ".kube" / f"{KIND_NAME}.config"
    kubeconfig.parent.mkdir(exist_ok=True)
    kubeconfig.write_text(_run("kind", "get", "kubeconfig", "--name", KIND_NAME))
    return Target(
        description=f"kind cluster {KIND_NAME}",
        environment={**os.environ, "KUBECONFIG": str(kubeconfig)},
        operator_image=OPERATOR,
        operator_image_id=_run("docker", "image", "inspect", "--format", "{{.Id}}", OPERATOR).strip(),
        trainer_image=TRAINER,
        goodbye=f"export KUBECONFIG={kubeconfig}      # kind delete cluster --name {KIND_NAME} takes it away",
    )


def _local() -> Target:
    """The local cluster; buildah builds the images."""
    cluster = Cluster(LOCAL_NAME)
    cluster.up(nodes=1)
    for image in (OPERATOR, TRAINER):
        images.build(REPOSITORY / "Dockerfile", target=_target_of(image), tag=image, arguments={})
        cluster.load(image)
    environment = cluster.environment()
    path = environment["PATH"].split(os.pathsep)[0]
    return Target(
        description=f"local cluster {LOCAL_NAME}",
        environment=environment,
        operator_image=OPERATOR,
        operator_image_id=images.id_of(OPERATOR),
        trainer_image=TRAINER,
        goodbye=f"export KUBECONFIG={cluster.kubeconfig} PATH={path}:$PATH\n"
        f"  make cluster-down CLUSTER_NAME={LOCAL_NAME}      # takes it away",
    )


def _target_of(image: str) -> str:
    return image.rpartition("/")[2].partition(":")[0]


def _answers(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=3600, check=False)
    if done.returncode:
        raise ClusterError(f"{' '.join(command[:3])} failed: {done.stderr.strip()[-800:]}")
    return done.stdout
