"""A component is a daemon of the cluster with a name: `etcd`, `kube-apiserver`, `kubelet-0`.

Its process record and its log are in the cluster's folder. Must not know what any component does.
"""

import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from . import processes
from .errors import ClusterError
from .paths import ClusterPaths
from .waiting import wait_until

_LOG_LINES = 20


@dataclass(frozen=True)
class Component:
    """How one daemon is started."""

    name: str
    argv: tuple[str, ...]
    part: str = ""  # the folder, within the cluster's, of the node that it belongs to


def process_of(paths: ClusterPaths, name: str) -> processes.Process | None:
    """The component's process, if it runs."""
    process = processes.load(paths.processes / f"{name}.json")
    return process if process and processes.is_alive(process) else None


def start(paths: ClusterPaths, component: Component) -> None:
    """The component runs afterwards, also if it was paused; one that runs is left alone."""
    running = process_of(paths, component.name)
    if running:
        processes.send(running, signal.SIGCONT)
        return
    process = processes.spawn(component.argv, paths.logs / f"{component.name}.log", mark=paths.root / component.part)
    processes.save(process, paths.processes / f"{component.name}.json")


def stop(paths: ClusterPaths, name: str, grace_seconds: float) -> None:
    """The component does not run afterwards."""
    process = process_of(paths, name)
    if process:
        processes.stop(process, grace_seconds)
    (paths.processes / f"{name}.json").unlink(missing_ok=True)


def signal_to(paths: ClusterPaths, name: str, number: signal.Signals) -> processes.Process:
    """Send a signal to a running component; raises ClusterError when it does not run."""
    process = process_of(paths, name)
    if process is None:
        raise ClusterError(f"{name} does not run: `status` shows what does")
    processes.send(process, number)
    return process


def wait_for(paths: ClusterPaths, names: Sequence[str], ready: Callable[[], bool], seconds: float) -> None:
    """The last of these components is ready; raises ClusterError if it is not in time, or if one of them ends."""

    def ready_or_dead() -> bool:
        for name in names:
            if process_of(paths, name) is None:
                raise ClusterError(f"{name} ended; {_last_words(paths, name)}")
        return ready()

    if not wait_until(ready_or_dead, seconds):
        raise ClusterError(f"{names[-1]} was not ready within {seconds:g} s; {_last_words(paths, names[-1])}")


def _last_words(paths: ClusterPaths, name: str) -> str:
    """The end of the component's log, under a line that says where the rest is."""
    log = paths.logs / f"{name}.log"
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return f"the end of {log}:\n" + "\n".join(f"    {line[:300]}" for line in lines[-_LOG_LINES:])
