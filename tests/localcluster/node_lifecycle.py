"""Starting and stopping a node.

Every function may be repeated, and completes what an earlier one left half done. Must not change anything outside the
node's namespaces but its control group, its folder and its cable.
"""

import os
import socket
from collections.abc import Callable
from pathlib import Path

from . import cables, cgroups, components, firewall, node, node_files, processes
from .certificates import pair
from .commands import succeeds
from .node import Node

_START_SECONDS = 180


def start_machine(machine: Node) -> None:
    """The namespaces are there, connected, and containerd answers."""
    _write_files(machine)
    if components.process_of(machine.paths, machine.components[0]) is None:
        stop(machine)  # whatever outlived a holder that was killed: its namespaces can't be entered any more
    cgroups.create(machine.cgroup)
    _start_and_wait(machine, node.holder(machine), lambda: _seen_by_host(machine, node.PREPARED).exists())
    cables.lay_cable(machine.slot, machine.index, machine.nodes, machine.enter(), machine.holder_pid())
    _start_and_wait(machine, node.containerd(machine), lambda: _answers(machine, node_files.CONTAINERD_SOCKET))


def start_kubernetes(machine: Node) -> None:
    """enforcer, kubelet and kube-proxy run; the node registers itself soon."""
    for component in (node.enforcer(machine), node.kubelet(machine), node.kube_proxy(machine)):
        components.start(machine.paths, component)


def enforces_policies(machine: Node) -> bool:
    """Whether the node's firewall has had its first rules."""
    return succeeds([*machine.enter(), "nft", "list", "table", *firewall.TABLE.split()])


def stop(machine: Node) -> None:
    """No process, pod or namespace of the node is left; its files are."""
    for name in reversed(machine.components):
        components.stop(machine.paths, name, grace_seconds=0)
    cgroups.remove(machine.cgroup)
    for process in processes.marked(machine.folder):
        processes.kill(process)


def _write_files(machine: Node) -> None:
    kubelet = machine.certificate("kubelet")
    cni = machine.folder / "cni"
    var = machine.folder / "var"
    for folder in (cni, var / "lib", var / "log", var / "tmp"):
        folder.mkdir(parents=True, exist_ok=True)
    if not (var / "run").is_symlink():
        (var / "run").symlink_to("/run")
    for name, value in node_files.KERNEL_SETTINGS.items():
        setting = node.kernel_setting(machine, name)
        setting.parent.mkdir(exist_ok=True)
        setting.write_text(value + "\n")
    (cni / "10-pods.conflist").write_text(node_files.cni_conflist(machine.slot, machine.index))
    (machine.folder / "containerd.toml").write_text(node_files.containerd_toml(str(cni)))
    (machine.folder / "resolv.conf").write_text("")
    (machine.folder / "kubelet.json").write_text(
        node_files.kubelet_configuration(
            machine.slot,
            cgroup=machine.cgroup,
            authority=str(pair(machine.paths.certificates, "ca").certificate),
            certificate=str(kubelet.certificate),
            key=str(kubelet.key),
            resolv_conf=str(machine.folder / "resolv.conf"),
            reserved=node_files.share_to_reserve(machine.nodes, os.cpu_count() or 1, _memory_bytes()),
        )
    )


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _start_and_wait(machine: Node, component: components.Component, ready: Callable[[], bool]) -> None:
    components.start(machine.paths, component)
    components.wait_for(machine.paths, [component.name], ready, _START_SECONDS)


def _answers(machine: Node, unix_socket: str) -> bool:
    """Whether somebody listens; the file alone may be from one who was killed."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(_seen_by_host(machine, unix_socket))) == 0


def _seen_by_host(machine: Node, path: str) -> Path:
    return Path(f"/proc/{machine.holder_pid()}/root{path}")
