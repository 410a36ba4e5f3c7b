"""The control group of a node: the root below which its kubelet makes one for each pod.

The same in every hierarchy of version 1, of version 2, and of both mixed. Must not touch any other group.
"""

import os
from contextlib import suppress
from pathlib import Path

from .processes import Process, identify, kill
from .waiting import wait_until

# A child is born without these, and can run nothing until it has them.
_CPUSET = ("cpuset.cpus", "cpuset.mems")


def create(name: str) -> None:
    """The group exists in every hierarchy, with all controllers on."""
    for hierarchy in _hierarchies():
        group = hierarchy / name
        _delegate(hierarchy)
        group.mkdir(exist_ok=True)
        _delegate(group)
        for file in _CPUSET:
            if (group / "cgroup.clone_children").exists() and (group / file).exists():
                (group / file).write_text((hierarchy / file).read_text())


def are_writable() -> bool:
    """Whether there are any, and this process may make one in each."""
    return bool(_hierarchies()) and all(os.access(hierarchy, os.W_OK) for hierarchy in _hierarchies())


def exists(name: str) -> bool:
    """Whether any hierarchy has the group."""
    return any((hierarchy / name).exists() for hierarchy in _hierarchies())


def remove(name: str) -> None:
    """Everything in the group is killed, and the group and its children are gone, within some seconds."""

    def empty() -> bool:
        for process in _members(name):
            kill(process)
        for hierarchy in _hierarchies():
            for folder, _, _ in os.walk(hierarchy / name, topdown=False):
                with suppress(OSError):  # busy: the kernel still buries a process; the next round sees
                    Path(folder).rmdir()
        return not exists(name)

    wait_until(empty, timeout_seconds=60)


def mount_points(mountinfo: str) -> list[Path]:
    """Where control groups are mounted, according to /proc/self/mountinfo."""
    points = []
    for line in mountinfo.splitlines():
        mount, _, file_system = line.partition(" - ")
        _, _, _, root, point, *_ = mount.split()
        if file_system.split()[0] in {"cgroup", "cgroup2"} and root == "/":
            points.append(Path(point))
    return points


def _hierarchies() -> list[Path]:
    return mount_points(Path("/proc/self/mountinfo").read_text())


def _delegate(group: Path) -> None:
    """Version 2 only: give the children every controller that this group has."""
    controllers, given = group / "cgroup.controllers", group / "cgroup.subtree_control"
    if controllers.exists():
        for controller in {*controllers.read_text().split()} - {*given.read_text().split()}:
            with suppress(OSError):  # one that this kernel keeps to itself; pods can do without
                given.write_text(f"+{controller}")


def _members(name: str) -> list[Process]:
    numbers = set()
    for hierarchy in _hierarchies():
        for file in (hierarchy / name).glob("**/cgroup.procs"):
            with suppress(OSError):  # the group was removed while we looked
                numbers |= {int(line) for line in file.read_text().split()}
    return [process for number in numbers if (process := identify(number))]
