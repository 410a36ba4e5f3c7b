"""Kueue itself beside LSML: built of its Go module, and installed by the chart that comes with it."""

import platform
from pathlib import Path

import pytest
import yaml

from e2e.conftest import cluster, kube, package, system
from e2e.images import REPOSITORY
from e2e.kube import WAIT, Kube, Object
from localcluster import Cluster, go_program, oci

__all__ = ["cluster", "kube", "kueue", "package", "system"]

KUEUE = "sigs.k8s.io/kueue"
MODULE = REPOSITORY / "tests" / "localcluster" / "kueue"
VALUES = REPOSITORY / "manifests" / "kueue" / "values.yaml"
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
    values = tmp_path_factory.mktemp("values") / "values.yaml"
    values.write_text(yaml.safe_dump(on_a_busy_machine(yaml.safe_load(VALUES.read_text()))))
    install(kueue, go_program.source(MODULE, KUEUE) / "charts" / "kueue", values)
    return kueue


def on_a_busy_machine(values: Object) -> Object:
    """The same for one replica that may answer late: it is not to be started anew for that, nor to lose its lease."""
    configuration = yaml.safe_load(values["managerConfig"]["controllerManagerConfigYaml"])
    configuration["leaderElection"] = {"leaderElect": False}
    patient = {"timeoutSeconds": 30}
    return {
        "managerConfig": {"controllerManagerConfigYaml": yaml.safe_dump(configuration)},
        "controllerManager": {"livenessProbe": patient, "readinessProbe": patient},
    }


def install(kueue: Kube, chart: Path, values: Path) -> None:
    """The release is there, and admits."""
    manager = "controllerManager.manager"
    kueue.helm(
        *("upgrade", "--install", "kueue", str(chart), "--create-namespace"),
        *("--values", str(values)),
        *("--set", f"{manager}.image.repository={IMAGE},{manager}.image.tag=test"),
        *("--set", f"{manager}.image.pullPolicy=IfNotPresent,{manager}.resources.requests.cpu=50m"),
        *("--wait", WAIT),
    )
