"""The flags of the control plane: what it listens on, and who it believes."""

import re
from pathlib import Path

import pytest

from localcluster import control_plane
from localcluster.control_plane import ControlPlane, flags
from localcluster.parts import component_names, programs_of
from localcluster.paths import ClusterPaths
from localcluster.settings import Settings
from localcluster.slots import Slot

PROGRAMS = {name: Path("/bin") / name for name in programs_of(has_nodes=True, has_controllers=True)}


def a_plane(*, has_nodes: bool = False, has_controllers: bool = False) -> ControlPlane:
    return ControlPlane(ClusterPaths(Path("/state/demo")), Slot(3), PROGRAMS, has_nodes, has_controllers)


def flag(component, name):
    return dict(argument.removeprefix("--").split("=", 1) for argument in component.argv[1:])[name]


FLAGS = {
    "underscores are hyphens": ({"log_level": "warn"}, ("--log-level=warn",)),
    "truth in Go's words": ({"a": True, "b": False}, ("--a=true", "--b=false")),
    "nothing leaves the default": ({"a": "", "b": 0}, ("--b=0",)),
    "a path": ({"data_dir": Path("/x")}, ("--data-dir=/x",)),
}


@pytest.mark.parametrize(("values", "want"), FLAGS.values(), ids=FLAGS)
def test_flags(values, want):
    assert flags(values) == want


@pytest.mark.parametrize("has_nodes", [False, True])
def test_nothing_listens_for_the_world(has_nodes):
    plane = a_plane(has_nodes=has_nodes, has_controllers=True)
    makers = (control_plane.etcd, control_plane.api_server, control_plane.controller_manager, control_plane.scheduler)
    argv = [argument for make in makers for argument in make(plane).argv]

    hosts = {address for argument in argv for address in re.findall(r"(?:https?://|=)(\d+\.\d+\.\d+\.\d+)\b", argument)}
    assert hosts - {"10.203.192.0"} == {"127.0.0.1", *({"10.203.0.1"} if has_nodes else ())}
    assert flag(control_plane.controller_manager(plane), "secure-port") == "0"
    assert flag(control_plane.scheduler(plane), "secure-port") == "0"


def test_everything_else_asks_for_a_certificate():
    etcd, api_server = control_plane.etcd(a_plane()), control_plane.api_server(a_plane())
    assert flag(etcd, "client-cert-auth") == flag(etcd, "peer-client-cert-auth") == "true"
    assert flag(api_server, "anonymous-auth") == "false"
    assert flag(api_server, "authorization-mode") == "Node,RBAC"


def test_pods_need_a_service_account_only_where_somebody_makes_them():
    assert flag(control_plane.api_server(a_plane()), "disable-admission-plugins") == "ServiceAccount"
    argv = control_plane.api_server(a_plane(has_controllers=True)).argv
    assert not any(argument.startswith("--disable-admission-plugins") for argument in argv)


NAMES = {
    "a control plane only": (Settings(0, nodes=0, controllers=False), ["etcd", "kube-apiserver"]),
    "with controllers": (
        Settings(0, nodes=0, controllers=True),
        ["etcd", "kube-apiserver", "kube-controller-manager"],
    ),
    "with a node": (
        Settings(0, nodes=1, controllers=True),
        [
            *("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"),
            *("node-0", "containerd-0", "enforcer-0", "kubelet-0", "kube-proxy-0"),
        ],
    ),
}


@pytest.mark.parametrize(("settings", "want"), NAMES.values(), ids=NAMES)
def test_component_names(settings, want):
    assert component_names(settings) == want


def test_every_component_is_certified_by_the_authority_that_is_asked():
    requests = {request.name: request for request in control_plane.certificate_requests(a_plane())}
    assert requests["etcd-client"].authority == requests["etcd"].authority == "etcd-ca"
    assert requests["front-proxy-client"].authority == "front-proxy-ca"
    assert "IP:10.203.0.1" in requests["kube-apiserver"].addresses
    assert [name for name, request in requests.items() if "system:masters" in request.subject] == [
        "admin",
        "kube-apiserver-kubelet-client",
    ]
