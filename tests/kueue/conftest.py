"""Kueue itself beside LSML: built of its Go module, and installed by the chart that comes with it."""

import platform
from pathlib import Path

import pytest

from e2e.conftest import cluster, kube, package, system
from e2e.images import REPOSITORY
from e2e.kube import WAIT, Kube
from localcluster import Cluster, go_program, oci

__all__ = ["cluster", "kube", "kueue", "package", "system"]

KUEUE = "sigs.k8s.io/kueue"
MODULE = REPOSITORY / "tests" / "localcluster" / "kueue"
IMAGE = "localhost/lsml/kueue"


@pytest.fixture(scope="session")
def kueue(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Kube:
    """Kueue's namespace, with Kueue in it, as manifests/kueue says how to install it."""
    program = go_program.built(MODULE, f"{KUEUE}/cmd/kueue")
    layer = oci.tar({"manager": program.read_bytes()}, executable=["manager"])
    archive = tmp_path_factory.mktemp("kueue") / "image.tar"
    oci.write_archive(archive, f"{IMAGE}:test", layer, platform.machine(), {"User": "65532:65532"})
    cluster.load_archive(archive)
    kueue = Kube(cluster, "kueue-system")
    install(kueue, go_program.source(MODULE, KUEUE) / "charts" / "kueue")
    return kueue


def install(kueue: Kube, chart: Path) -> None:
    """The release is there, and admits."""
    manager = "controllerManager.manager"
    kueue.helm(
        *("upgrade", "--install", "kueue", str(chart), "--create-namespace"),
        *("--values", str(REPOSITORY / "manifests" / "kueue" / "values.yaml")),
        *("--set", f"{manager}.image.repository={IMAGE},{manager}.image.tag=test"),
        *("--set", f"{manager}.image.pullPolicy=IfNotPresent,{manager}.resources.requests.cpu=50m"),
        # On a busy machine it answers late, and is not to be started anew for that.
        *("--set", "controllerManager.livenessProbe.timeoutSeconds=30"),
        *("--set", "controllerManager.readinessProbe.timeoutSeconds=30"),
        *("--wait", WAIT),
    )
