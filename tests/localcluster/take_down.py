"""Taking a cluster down, whatever state it is in, and proving that nothing of it is left.

Must not be called without the cluster's lock, and must not believe that what the records say is all there is.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from . import cables, cgroups, components, node_lifecycle, processes
from .api import Api
from .commands import succeeds
from .errors import ClusterError
from .node import Node
from .parts import component_names, nodes_of
from .paths import ClusterPaths
from .settings import Settings


def take_down(name: str, paths: ClusterPaths, settings: Settings) -> None:
    """Nothing of the cluster is left; raises ClusterError naming what is."""
    machines = _own_nodes(name, paths, settings)
    for machine in machines:
        node_lifecycle.stop(machine)
    for component in reversed(component_names(settings)):
        components.stop(paths, component, grace_seconds=0)  # nobody will read its data again
    for process in processes.marked(paths.root):  # what a killed run started and had no time to record
        processes.kill(process)
    if machines:
        cables.remove(settings.slot)
    for mount in _mounts_below(paths.root):
        succeeds(["umount", "--lazy", mount])
    _remove_folder(paths)
    left = _leftovers(paths, settings, machines)
    if left:
        raise ClusterError(f"could not remove {', '.join(left)}: end or remove them by hand")


def remove_node(machine: Node, api: Api) -> None:
    """Nothing of one node is left, on the machine or in the cluster, whose controllers delete its pods."""
    node_lifecycle.stop(machine)
    cables.remove_cable(machine.slot, machine.index)
    api.delete(f"/api/v1/nodes/{machine.name}")
    shutil.rmtree(machine.folder, ignore_errors=True)  # it may not have got so far


def _own_nodes(name: str, paths: ClusterPaths, settings: Settings) -> list[Node]:
    """The nodes, unless the names of their interfaces and control groups are somebody else's by now."""
    if not cables.are_owned_by(settings.slot, paths.root):
        return []
    return nodes_of(name, paths, settings, programs={})


def _leftovers(paths: ClusterPaths, settings: Settings, machines: Sequence[Node]) -> list[str]:
    """Everything on this machine that is the cluster's."""
    return [
        *(f"process {process.pid}" for process in processes.marked(paths.root)),
        *(f"interface {link}" for link in (cables.links_of(settings.slot) if machines else ())),
        *(f"control group {machine.cgroup}" for machine in machines if cgroups.exists(machine.cgroup)),
        *(f"mount {mount}" for mount in _mounts_below(paths.root)),
        *([f"folder {paths.root}"] if paths.root.exists() else []),
    ]


def _remove_folder(paths: ClusterPaths) -> None:
    """The settings go last: whoever is killed before that can be told to do it again."""
    for entry in paths.root.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry != paths.settings:
            entry.unlink()
    paths.settings.unlink()
    paths.root.rmdir()


def _mounts_below(folder: Path) -> list[str]:
    """Deepest first."""
    mounts = Path("/proc/self/mountinfo")
    points = [line.split()[4] for line in mounts.read_text().splitlines()] if mounts.exists() else []
    return sorted((point for point in points if Path(point).is_relative_to(folder)), reverse=True)
