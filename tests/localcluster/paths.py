"""Where things are kept: what is built once in the cache, what a cluster owns in its own state folder.

Must not create anything: whoever writes a file makes its folder.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from .errors import ClusterError

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")


def cache_root() -> Path:
    """Binaries and image layers, shared by all clusters of this user; safe to delete at any time."""
    return _xdg("XDG_CACHE_HOME", ".cache") / "lsml" / "localcluster"


def state_root() -> Path:
    """One folder a cluster, and the locks."""
    return _xdg("XDG_STATE_HOME", ".local/state") / "lsml" / "localcluster"


def _xdg(variable: str, default: str) -> Path:
    value = os.environ.get(variable, "")
    # The XDG specification: a relative path is invalid and to be ignored.
    return Path(value) if value.startswith("/") else Path.home() / default


@dataclass(frozen=True)
class ClusterPaths:
    """The files of one cluster, all below `root`."""

    root: Path

    @property
    def settings(self) -> Path:
        return self.root / "cluster.json"

    @property
    def kubeconfig(self) -> Path:
        return self.root / "kubeconfig"

    @property
    def certificates(self) -> Path:
        return self.root / "certificates"

    @property
    def processes(self) -> Path:
        return self.root / "processes"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def audit_log(self) -> Path:
        return self.root / "audit.log"

    @property
    def etcd(self) -> Path:
        return self.root / "etcd"

    @property
    def tool_cache(self) -> Path:
        return self.root / "tool-cache"

    @property
    def volumes(self) -> Path:
        # The controllers delete a volume's folder only where it looks temporary.
        return self.root / "tmp" / "volumes"

    def node(self, index: int) -> Path:
        return self.root / f"node-{index}"


def cluster_paths(name: str) -> ClusterPaths:
    """The files of the cluster `name`; raises ClusterError when that cannot be a name."""
    if not _NAME.fullmatch(name):
        raise ClusterError(
            f"{name!r} cannot name a cluster: use 1 to 32 lower-case letters, digits and inner hyphens, such as `demo`"
        )
    return ClusterPaths(state_root() / name)


def cluster_lock(name: str) -> Path:
    """Held by whoever changes that cluster."""
    return state_root() / ".locks" / f"cluster-{name}"


def slots_lock() -> Path:
    """Held while a new cluster takes its slot."""
    return state_root() / ".locks" / "slots"


def packages_lock() -> Path:
    """Held while packages of the operating system are installed."""
    return state_root() / ".locks" / "packages"
