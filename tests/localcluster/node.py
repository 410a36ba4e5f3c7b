"""A node: a network and a mount namespace with containerd, kubelet, kube-proxy and an enforcer of policies in it.

The namespaces belong to a process that only sleeps, `node-0`, and end with the last process in them: nothing is left
of a node that was killed. Inside, /var is a folder of the cluster and /run is empty memory, so that every program finds
its usual paths and none of them is the host's. The kubelet insists on kernel settings that hold for the whole machine;
it is shown files with the values that it wants, and the machine keeps its own.

This file says what a node is and how its components are started. Must not start them: that is `node_lifecycle`.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from . import components
from .certificates import Pair, Request, pair
from .commands import run
from .components import Component
from .control_plane import flags, kubeconfig_of
from .errors import ClusterError
from .node_files import KERNEL_SETTINGS
from .paths import ClusterPaths
from .slots import BRIDGE_API_PORT, Slot

# Made by the holder last of all, before it sleeps.
PREPARED = "/run/lsml-node-is-prepared"


@dataclass(frozen=True)
class Node:
    """One of a cluster's nodes."""

    cluster: str
    index: int
    nodes: int
    paths: ClusterPaths
    slot: Slot
    programs: Mapping[str, Path]

    @property
    def name(self) -> str:
        """As Kubernetes calls it."""
        return f"{self.cluster}-{self.index}"

    @property
    def folder(self) -> Path:
        return self.paths.node(self.index)

    @property
    def cgroup(self) -> str:
        return self.slot.node_link(self.index)

    @property
    def components(self) -> list[str]:
        """In the order in which they start."""
        return component_names(self.index)

    def certificate(self, kind: str) -> Pair:
        return pair(self.paths.certificates, f"{kind}-{self.index}")

    def run(self, *argv: str, stdin: str | None = None, timeout_seconds: float = 180) -> str:
        """What a command prints that runs inside the node."""
        return run([*self.enter(), *argv], called=" ".join(argv[:4]), stdin=stdin, timeout_seconds=timeout_seconds)

    def holder_pid(self) -> int:
        """The process whose namespaces are the node; raises ClusterError when it does not run."""
        process = components.process_of(self.paths, self.components[0])
        if process is None:
            raise ClusterError(f"node {self.name} does not run: `up --name {self.cluster}` starts it")
        return process.pid

    def enter(self) -> tuple[str, ...]:
        """The beginning of every command that runs inside the node; nsenter keeps the process number."""
        return ("nsenter", f"--target={self.holder_pid()}", "--mount", "--net", "--")


def component_names(index: int) -> list[str]:
    """The components of node `index`, in the order in which they start."""
    return [f"{kind}-{index}" for kind in ("node", "containerd", "enforcer", "kubelet", "kube-proxy")]


def certificate_requests(node: Node) -> tuple[Request, ...]:
    """What the node proves itself with."""
    addresses = (f"DNS:{node.name}", f"IP:{node.slot.node_address(node.index)}")
    return (
        Request(f"kubelet-{node.index}", f"/O=system:nodes/CN=system:node:{node.name}", addresses=addresses),
        Request(f"kube-proxy-{node.index}", "/CN=system:kube-proxy"),
    )


def holder(node: Node) -> Component:
    """The process that owns the namespaces, and prepares them before it sleeps."""
    script = "\n".join(
        [
            # What a pod mounts with bidirectional propagation is seen in the whole node, and nowhere else.
            "mount --make-rshared /",
            f"mount --bind {quote(str(node.folder / 'var'))} /var",
            "mount -t tmpfs -o mode=0755 tmpfs /run",
            *(f"mount --bind {quote(str(kernel_setting(node, name)))} /proc/sys/{name}" for name in KERNEL_SETTINGS),
            "ip link set lo up",
            "echo 1 > /proc/sys/net/ipv4/ip_forward",
            f"touch {PREPARED}",
            "exec sleep infinity",
        ]
    )
    unshare = ("unshare", "--mount", "--net", "--propagation", "private")
    return Component(node.components[0], (*unshare, "sh", "-ec", script), part=node.folder.name)


def containerd(node: Node) -> Component:
    """containerd, with its data below the node's own /var and its sockets in the node's own /run."""
    return _inside(node, "containerd", "containerd", f"--config={node.folder / 'containerd.toml'}")


def kubelet(node: Node) -> Component:
    """The kubelet, which registers the node."""
    arguments = flags(
        {
            "config": node.folder / "kubelet.json",
            "kubeconfig": kubeconfig_of(node.paths, f"kubelet-{node.index}"),
            "hostname_override": node.name,
            "node_ip": node.slot.node_address(node.index),
        }
    )
    return _inside(node, "kubelet", str(node.programs["kubelet"]), *arguments)


def kube_proxy(node: Node) -> Component:
    """kube-proxy: the addresses of services, inside the node only."""
    arguments = flags(
        {
            "kubeconfig": kubeconfig_of(node.paths, f"kube-proxy-{node.index}"),
            "hostname_override": node.name,
            "proxy_mode": "iptables",
            "cluster_cidr": node.slot.pod_network,
            "nodeport_addresses": "primary",
            "oom_score_adj": 0,
            # The machine's connection tracking stays as it is.
            "conntrack_max_per_core": 0,
            "conntrack_min": 0,
            "conntrack_tcp_timeout_established": "0s",
            "conntrack_tcp_timeout_close_wait": "0s",
        }
    )
    return _inside(node, "kube-proxy", str(node.programs["kube-proxy"]), *arguments)


def enforcer(node: Node) -> Component:
    """Our own enforcer of NetworkPolicies: in the node's network, and among the host's files, where its program is."""
    admin, authority = pair(node.paths.certificates, "admin"), pair(node.paths.certificates, "ca").certificate
    server = (node.slot.bridge_address, str(BRIDGE_API_PORT), str(authority))
    inside = ("nsenter", f"--target={node.holder_pid()}", "--net", "--")
    package = Path(__file__).parent
    program = ("env", f"PYTHONPATH={package.parent}", sys.executable, "-m", f"{package.name}.enforcer")
    client = (str(admin.certificate), str(admin.key), node.slot.node_address(node.index))
    return Component(f"enforcer-{node.index}", (*inside, *program, *server, *client), part=node.folder.name)


def kernel_setting(node: Node, name: str) -> Path:
    """The file that the node sees as /proc/sys/NAME."""
    return node.folder / "kernel-settings" / name.replace("/", ".")


def _inside(node: Node, kind: str, *argv: str) -> Component:
    return Component(f"{kind}-{node.index}", (*node.enter(), *argv), part=node.folder.name)
