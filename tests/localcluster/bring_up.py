"""Bringing a cluster up: each step makes what is not there yet, so that half a cluster is completed.

Must not be called without the cluster's lock.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import (
    binaries,
    cables,
    certificates,
    components,
    control_plane,
    kubeconfigs,
    node,
    node_lifecycle,
    packages,
    pause,
    storage,
)
from .api import Api
from .control_plane import ControlPlane
from .node import Node
from .parts import api_of, component_names, kubeconfig_owners, nodes_of, plane_of, programs_of
from .paths import ClusterPaths
from .report import step
from .settings import Settings

# Far more than they take on two busy cores.
_API_SERVER_SECONDS = 180
_CONTROLLERS_SECONDS = 180
_NODE_SECONDS = 180


def is_up(paths: ClusterPaths, settings: Settings) -> bool:
    """Whether everything runs and the API server is ready."""
    return (
        paths.kubeconfig.exists()
        and all(components.process_of(paths, name) for name in component_names(settings))
        and api_of(paths, settings).is_ready()
    )


def provide_programs(*, has_nodes: bool, has_controllers: bool) -> dict[str, Path]:
    """Every program that such a cluster needs, by name; installs and builds what is missing."""
    if has_nodes:
        packages.ensure(packages.NODE)
    return binaries.ensure(programs_of(has_nodes=has_nodes, has_controllers=has_controllers))


def bring_up(name: str, paths: ClusterPaths, settings: Settings) -> None:
    """The cluster is up; whatever of it already ran goes on running."""
    programs = provide_programs(has_nodes=settings.nodes > 0, has_controllers=settings.controllers)
    plane, nodes = plane_of(paths, settings, programs), nodes_of(name, paths, settings, programs)
    api = api_of(paths, settings)
    with step("certificates"):
        _identify(name, plane, nodes, api)
    if nodes:
        cables.lay_bridge(settings.slot, paths.root)
    _start_control_plane(plane, api)
    if nodes:
        _start_nodes(nodes, api)
    replenish(paths, settings)


def replenish(paths: ClusterPaths, settings: Settings) -> None:
    """A cluster that is up has what its users use up."""
    if settings.nodes:
        storage.provide(api_of(paths, settings), paths)


def _identify(name: str, plane: ControlPlane, nodes: list[Node], api: Api) -> None:
    """Everybody has a certificate and a kubeconfig."""
    requests = [*control_plane.certificate_requests(plane)]
    for each in nodes:
        requests += node.certificate_requests(each)
    certificates.make(plane.paths.certificates, requests)
    identities = {**kubeconfig_owners(plane, nodes), plane.paths.kubeconfig: api.identity}
    for path, identity in identities.items():
        kubeconfigs.write(path, kubeconfigs.render(f"lsml-{name}", api.url, api.authority, identity))


def _start_control_plane(plane: ControlPlane, api: Api) -> None:
    with step("etcd and API server"):
        for component in (control_plane.etcd(plane), control_plane.api_server(plane)):
            components.start(plane.paths, component)
        # The namespace is made a moment after the server calls itself ready, and everybody uses it first.
        components.wait_for(
            plane.paths,
            ["etcd", "kube-apiserver"],
            lambda: api.is_ready() and api.get("/api/v1/namespaces/default") is not None,
            _API_SERVER_SECONDS,
        )
    if plane.has_controllers:
        with step("controllers"):
            _start_controllers(plane, api)


def _start_controllers(plane: ControlPlane, api: Api) -> None:
    components.start(plane.paths, control_plane.controller_manager(plane))
    if plane.has_nodes:
        components.start(plane.paths, control_plane.scheduler(plane))
    # Pods are refused until their namespace has its service account.
    components.wait_for(
        plane.paths,
        ["kube-controller-manager"],
        lambda: api.get("/api/v1/namespaces/default/serviceaccounts/default") is not None,
        _CONTROLLERS_SECONDS,
    )


def _start_nodes(nodes: Sequence[Node], api: Api) -> None:
    for each in nodes:
        with step(f"node {each.name}"):
            node_lifecycle.start_machine(each)
            pause.load(each)
            node_lifecycle.start_kubernetes(each)
    with step("nodes ready"):
        for each in nodes:
            _wait_for_node(each, api)


def _wait_for_node(machine: Node, api: Api) -> None:
    components.wait_for(
        machine.paths,
        machine.components,
        lambda: is_schedulable(api.get(f"/api/v1/nodes/{machine.name}")) and node_lifecycle.enforces_policies(machine),
        _NODE_SECONDS,
    )


def is_schedulable(seen: dict[str, Any] | None) -> bool:
    """Whether a Node object is Ready, and no longer tainted for not having been so."""
    if seen is None:
        return False
    conditions = {condition["type"]: condition["status"] for condition in seen["status"].get("conditions", [])}
    taints = {taint["key"] for taint in seen["spec"].get("taints", [])}
    return conditions.get("Ready") == "True" and "node.kubernetes.io/not-ready" not in taints
