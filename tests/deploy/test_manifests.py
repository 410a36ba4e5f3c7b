"""The kustomizations: the same objects as the chart's, and every file is part of one."""

import subprocess
from pathlib import Path

import pytest
import yaml

from deploy.chart import CHART, NAMESPACE, REPOSITORY, operator_manifests
from lsml_operator.api.judge import judge
from lsml_operator.labels import QUEUE

MANIFESTS = REPOSITORY / "manifests"
FOLDERS = ("crd", "operator", "examples", "kueue", "overlays/registry", "overlays/one-replica")


def test_the_operators_manifests_are_the_charts(helm: str) -> None:
    committed = (MANIFESTS / "operator" / "operator.yaml").read_text()
    assert committed == operator_manifests(helm), "run `make generate`"


def test_the_charts_resource_is_the_manifests() -> None:
    name = "trainingjobs.lsml.dev.yaml"
    assert (CHART / "crd" / name).read_text() == (MANIFESTS / "crd" / name).read_text(), "run `make generate`"


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_is_in_its_folders_kustomization(folder: str) -> None:
    resources = yaml.safe_load((MANIFESTS / folder / "kustomization.yaml").read_text())["resources"]
    files = {path.name for path in (MANIFESTS / folder).glob("*.yaml")} - {"kustomization.yaml", "values.yaml"}
    assert {name for name in resources if not name.startswith("..")} == files
    assert all((MANIFESTS / folder / name).exists() for name in resources)


def test_the_operator_comes_with_its_namespace_and_its_resource() -> None:
    kustomization = yaml.safe_load((MANIFESTS / "operator" / "kustomization.yaml").read_text())
    namespace = yaml.safe_load((MANIFESTS / "operator" / "namespace.yaml").read_text())
    assert kustomization["namespace"] == namespace["metadata"]["name"] == NAMESPACE
    assert namespace["metadata"]["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}
    assert "../crd" in kustomization["resources"]


def test_the_queued_job_is_valid_and_its_queue_is_there() -> None:
    job = yaml.safe_load((MANIFESTS / "kueue" / "digits-queued.yaml").read_text())
    assert judge(job) == []
    queues = [
        document["metadata"]["name"]
        for document in yaml.safe_load_all((MANIFESTS / "kueue" / "queues.yaml").read_text())
        if document["kind"] == "LocalQueue"
    ]
    assert queues == [job["metadata"]["labels"][QUEUE]]


def test_no_file_names_a_registry_or_a_path_of_some_machine() -> None:
    texts: dict[Path, str] = {}
    for folder in (MANIFESTS, CHART):
        tracked = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", str(folder)],
            cwd=REPOSITORY, capture_output=True, text=True, check=True,
        )  # fmt: skip
        texts |= {path: path.read_text() for path in map(REPOSITORY.joinpath, tracked.stdout.split())}
    assert texts
    for path, text in texts.items():
        for line in text.splitlines():
            assert not any(f"image: {host}" in line for host in ("docker.io", "ghcr.io", "quay.io", "gcr.io")), path
            assert not any(start in line for start in ("/home/", "/root/", "/Users/")), path
