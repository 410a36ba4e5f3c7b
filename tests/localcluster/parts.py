"""What a cluster consists of, derived from its settings: programs, components, nodes, the way to its API server.

Must not start, stop or ask anything.
"""

from collections.abc import Mapping
from pathlib import Path

from . import binaries, certificates, control_plane, node
from .api import Api
from .control_plane import ControlPlane
from .node import Node
from .paths import ClusterPaths
from .settings import Settings


def programs_of(*, has_nodes: bool, has_controllers: bool) -> list[str]:
    """The programs that must be found or built for such a cluster."""
    names = [*binaries.CONTROL_PLANE]
    if has_controllers:
        names += binaries.CONTROLLERS
    if has_nodes:
        names += [*binaries.NODE, *binaries.TOOLS]
    return names


def component_names(settings: Settings) -> list[str]:
    """The components that run when the cluster is up, in the order in which they are started."""
    names = ["etcd", "kube-apiserver"]
    if settings.controllers:
        names.append("kube-controller-manager")
    if settings.nodes:
        names.append("kube-scheduler")
    for index in range(settings.nodes):
        names += node.component_names(index)
    return names


def plane_of(paths: ClusterPaths, settings: Settings, programs: Mapping[str, Path]) -> ControlPlane:
    """The cluster's control plane."""
    return ControlPlane(paths, settings.slot, programs, settings.nodes > 0, settings.controllers)


def nodes_of(name: str, paths: ClusterPaths, settings: Settings, programs: Mapping[str, Path]) -> list[Node]:
    """The cluster's nodes; `programs` may be empty where nothing is to be started."""
    return [Node(name, index, settings.nodes, paths, settings.slot, programs) for index in range(settings.nodes)]


def api_of(paths: ClusterPaths, settings: Settings) -> Api:
    """The cluster's API server, for its administrator."""
    plane = plane_of(paths, settings, programs={})
    authority = certificates.pair(paths.certificates, "ca").certificate
    return Api(plane.host, plane.port, authority, plane.certificate("admin"))


def kubeconfig_owners(plane: ControlPlane, nodes: list[Node]) -> Mapping[Path, certificates.Pair]:
    """Every kubeconfig that a component needs, and who it is there."""
    owners = ["kube-controller-manager", "kube-scheduler"]
    owners += [f"{kind}-{each.index}" for each in nodes for kind in ("kubelet", "kube-proxy")]
    return {control_plane.kubeconfig_of(plane.paths, owner): plane.certificate(owner) for owner in owners}
