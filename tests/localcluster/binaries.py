"""Kubernetes itself, at versions pinned in go/go.mod.

A program is taken from our cache, else from $KUBEBUILDER_ASSETS or the PATH if it is there in the pinned version, else
built. Must not take one in any other version: tests would mean something else on every machine.
"""

import os
import re
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from . import go_build
from .locks import locked


@dataclass(frozen=True)
class Binary:
    """A program: what to build, the Go module that pins its version, and how to ask one for its version."""

    package: str
    module: str
    version_arguments: tuple[str, ...] = ("--version",)


def _of_kubernetes(name: str, version_arguments: tuple[str, ...] = ("--version",)) -> Binary:
    return Binary(f"k8s.io/kubernetes/cmd/{name}", "k8s.io/kubernetes", version_arguments)


BINARIES = {
    "etcd": Binary("go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/server/v3"),
    "kube-apiserver": _of_kubernetes("kube-apiserver"),
    "kubectl": _of_kubernetes("kubectl", ("version", "--client")),
    "kube-controller-manager": _of_kubernetes("kube-controller-manager"),
    "kube-scheduler": _of_kubernetes("kube-scheduler"),
    "kubelet": _of_kubernetes("kubelet"),
    "kube-proxy": _of_kubernetes("kube-proxy"),
    "helm": Binary("helm.sh/helm/v3/cmd/helm", "helm.sh/helm/v3", ("version", "--short")),
}

CONTROL_PLANE = ("etcd", "kube-apiserver", "kubectl")
CONTROLLERS = ("kube-controller-manager",)
NODE = ("kube-scheduler", "kubelet", "kube-proxy")
TOOLS = ("helm",)


def ensure(names: Collection[str]) -> dict[str, Path]:
    """Where each of these programs is; builds those that are nowhere, all in one go."""
    found = {name: path for name in names if (path := _find(name))}
    missing = [name for name in names if name not in found]
    if missing:
        cache = go_build.folder()
        with locked(cache.with_suffix(".lock"), "another build of the same programs"):
            # Whoever held the lock may have built them.
            still_missing = [name for name in missing if not (cache / name).exists()]
            if still_missing:
                titles = ", ".join(f"{name} {go_build.pinned_version(BINARIES[name].module)}" for name in still_missing)
                go_build.build({name: BINARIES[name].package for name in still_missing}, titles)
        found |= {name: cache / name for name in missing}
    return found


def says_version(output: str, version: str) -> bool:
    """Whether a program that was asked for its version answers with this one: v1.34.4 is not v1.34.40."""
    return re.search(rf"(?<![\w.])v?{re.escape(version.removeprefix('v'))}(?![\w.-])", output) is not None


def _find(name: str) -> Path | None:
    cached = go_build.folder() / name
    if cached.exists():
        return cached
    for folder in [os.environ.get("KUBEBUILDER_ASSETS", ""), *os.environ.get("PATH", "").split(os.pathsep)]:
        candidate = Path(folder) / name
        if folder and os.access(candidate, os.X_OK) and _has_pinned_version(name, candidate):
            return candidate.resolve()
    return None


def _has_pinned_version(name: str, candidate: Path) -> bool:
    binary = BINARIES[name]
    try:
        asked = subprocess.run(
            [candidate, *binary.version_arguments], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return says_version(asked.stdout, go_build.pinned_version(binary.module))
