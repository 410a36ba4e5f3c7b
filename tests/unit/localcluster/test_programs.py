"""Which program is the pinned one, and where things are kept."""

from pathlib import Path

import pytest

from localcluster import go_build
from localcluster.binaries import BINARIES, says_version
from localcluster.errors import ClusterError
from localcluster.images import local_paths
from localcluster.paths import cluster_paths, state_root

GO_MOD = "require (\n\tk8s.io/kubernetes v1.34.4 // indirect\n\tk8s.io/kubernetes/more v2.0.0\n)\n"

ANSWERS = {
    "kube-apiserver": ("Kubernetes v1.34.4\n", "v1.34.4", True),
    "kubectl": ("Client Version: v1.34.4\nKustomize Version: v5.7.1\n", "v1.34.4", True),
    "etcd": ("etcd Version: 3.6.4\nGit SHA: abc\n", "v3.6.4", True),
    "helm": ("v3.19.4+g7cfb6e4\n", "v3.19.4", True),
    "an older one": ("Kubernetes v1.34.3\n", "v1.34.4", False),
    "a longer number": ("Kubernetes v1.34.40\n", "v1.34.4", False),
    "a fork": ("Client Version: v1.34.4-vendor\n", "v1.34.4", False),
    "silence": ("", "v1.34.4", False),
}


@pytest.mark.parametrize(("output", "version", "want"), ANSWERS.values(), ids=ANSWERS)
def test_says_version(output, version, want):
    assert says_version(output, version) is want


def test_every_program_is_pinned():
    versions = {name: go_build.pinned_version(binary.module) for name, binary in BINARIES.items()}
    assert versions.pop("etcd") == "v3.6.4"
    assert versions.pop("helm") == "v3.19.4"
    assert {*versions.values()} == {"v1.34.4"}


def test_a_version_is_of_the_module_itself():
    assert go_build.version_in(GO_MOD, "k8s.io/kubernetes") == "v1.34.4"
    with pytest.raises(ClusterError, match=r"does not require k8s.io/other: restore it from git"):
        go_build.version_in(GO_MOD, "k8s.io/other")


NAMES = {
    "k8s.io/kubernetes/cmd/kubelet": "kubelet",
    "go.etcd.io/etcd/server/v3": "server",
    "helm.sh/helm/v3/cmd/helm": "helm",
}


@pytest.mark.parametrize(("package", "want"), NAMES.items())
def test_built_as(package, want):
    assert go_build.built_as(package) == want


@pytest.mark.parametrize("name", ["", "Demo", "-a", "a-", "a/b", "..", ".locks", "a b", "ä", "x" * 33])
def test_what_cannot_name_a_cluster(name):
    with pytest.raises(ClusterError, match="cannot name a cluster: use 1 to 32 lower-case letters"):
        cluster_paths(name)


def test_the_state_is_where_the_person_wants_it(monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/elsewhere")
    assert state_root() == Path("/elsewhere/lsml/localcluster")
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert state_root() == Path("/home/somebody/.local/state/lsml/localcluster")


def test_folders_of_wheels_are_mounted_and_addresses_are_not(tmp_path):
    assert local_paths(f"https://example.org/wheels {tmp_path} /no/such/folder") == [tmp_path]
