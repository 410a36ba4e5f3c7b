"""A real cluster with a node, LSML installed in it by Helm, and a namespace that enforces restricted Pod Security."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from e2e import images
from e2e.images import OPERATOR, REPOSITORY, TRAINER
from e2e.kube import WAIT, Kube
from localcluster import Cluster, UnsupportedError
from release.build import package_chart

OPERATOR_NAMESPACE = "lsml-system"

# Two checkouts on one machine never meet; a run that was killed is cleaned up by the next one of the same checkout.
CLUSTER_NAME = f"e2e-{hashlib.sha256(str(REPOSITORY).encode()).hexdigest()[:6]}"


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A cluster of one node, with both images on it."""
    made = Cluster(CLUSTER_NAME)
    try:
        images.build()
        made.down()
        made.up(nodes=1)
    except UnsupportedError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    try:
        made.load(OPERATOR, TRAINER)
        yield made
    finally:
        made.down()


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chart, packaged as it is released."""
    return package_chart(REPOSITORY / "helm" / "lsml", tmp_path_factory.mktemp("chart"), epoch=0)


@pytest.fixture(scope="session")
def system(cluster: Cluster, package: Path) -> Kube:
    """The operator's namespace, with the operator in it, installed as a user does."""
    kube = Kube(cluster, OPERATOR_NAMESPACE)
    install(kube, package)
    return kube


def install(system: Kube, package: Path) -> None:
    """The release is there, and its operator works; also where it was before."""
    system.helm(
        *("upgrade", "--install", "lsml", str(package), "--create-namespace"),
        *("--set", "image.repository=localhost/lsml/operator,image.tag=test"),
        *("--set", "trainer.image.repository=localhost/lsml/trainer,trainer.image.tag=test"),
        *("--set", "replicas=1,dashboard.enabled=true"),  # tests speak of the operator's pod
        *("--wait", WAIT),
    )


@pytest.fixture(scope="module")
def kube(cluster: Cluster, system: Kube, request: pytest.FixtureRequest) -> Iterator[Kube]:
    """A namespace of the test module's own, where Pod Security is enforced, with a claim `models`."""
    name = request.module.__name__.rpartition(".")[2].replace("_", "-")
    kube = Kube(cluster, name)
    kube.apply(
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
        }
    )
    kube.apply(yaml.safe_load((REPOSITORY / "manifests" / "examples" / "models-claim.yaml").read_text()))
    yield kube
    kube("delete", "namespace", name, "--wait=false")  # one that hangs is another test's finding
