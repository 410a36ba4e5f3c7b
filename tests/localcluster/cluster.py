"""A local cluster as an object, for tests and for the command line.

Must not do the work itself: it takes the lock, looks up what the cluster is, and calls whoever knows how.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from . import binaries, cables, components, images, network, processes, settings, slots, support
from .bring_up import bring_up, is_up, provide_programs, replenish
from .commands import run
from .errors import ClusterError
from .locks import locked
from .node import Node
from .parts import api_of, component_names, nodes_of
from .paths import cluster_lock, cluster_paths, slots_lock
from .report import say, seconds_since
from .settings import Settings
from .take_down import remove_node, take_down

_LOAD_SECONDS = 10 * 60


class Cluster:
    """The local cluster of this name, up or not."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._paths = cluster_paths(name)

    def up(self, *, nodes: int = 1, controllers: bool = True) -> None:
        """The cluster is up: without nodes a control plane on 127.0.0.1, which needs no root."""
        if not 0 <= nodes <= slots.MAX_NODES:
            raise ClusterError(f"{nodes} nodes are not possible: use 0 to {slots.MAX_NODES}")
        if nodes:
            support.require_nodes()
        controllers = controllers or nodes > 0
        # Before anything of the cluster exists: a machine that lacks something is left as it was.
        provide_programs(has_nodes=nodes > 0, has_controllers=controllers)
        with locked(cluster_lock(self.name), f"another command on cluster {self.name}"):
            wanted = self._settle(nodes, controllers)
            if is_up(self._paths, wanted):
                replenish(self._paths, wanted)
                say(f"cluster {self.name} is already up with {wanted}")
                return
            started = time.monotonic()
            bring_up(self.name, self._paths, wanted)
            say(f"cluster {self.name} is up with {wanted}: {seconds_since(started)}")

    def down(self) -> None:
        """Nothing of the cluster is left on the machine."""
        with locked(cluster_lock(self.name), f"another command on cluster {self.name}"):
            known = settings.load(self._paths)
            if known is None:
                say(f"there is no cluster {self.name}")
                return
            started = time.monotonic()
            take_down(self.name, self._paths, known)
            say(f"cluster {self.name} is down: {seconds_since(started)}")

    def status(self) -> dict[str, bool]:
        """Whether each component runs, and `ready`: whether the API server says so."""
        known = self._settings()
        runs = {name: components.process_of(self._paths, name) is not None for name in component_names(known)}
        return {**runs, "ready": api_of(self._paths, known).is_ready()}

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        self._settings()
        return self._paths.kubeconfig

    @property
    def audit_log(self) -> Path:
        """What the accounts of pods have asked for: a JSON document a line."""
        return self._paths.audit_log

    def environment(self) -> dict[str, str]:
        """Our environment with this cluster as kubectl's and helm's, and these two on the PATH."""
        tools = binaries.ensure(["kubectl", *(binaries.TOOLS if self._settings().nodes else ())])
        folders = [str(folder) for folder in dict.fromkeys(path.parent for path in tools.values())]
        path = os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)])
        return {
            **os.environ,
            "PATH": path,
            "KUBECONFIG": str(self.kubeconfig),
            # What they remember of an API server goes by its address, and the next cluster may have the same.
            "KUBECACHEDIR": str(self._paths.tool_cache),
        }

    def kubectl(self, *arguments: str, stdin: str | None = None, timeout_seconds: float = 180) -> str:
        """What kubectl prints; raises ClusterError with its complaint."""
        kubectl = binaries.ensure(["kubectl"])["kubectl"]
        return run(
            [str(kubectl), *arguments],
            called=f"kubectl {arguments[0]}",
            stdin=stdin,
            env=self.environment(),
            timeout_seconds=timeout_seconds,
        )

    @contextmanager
    def one_more_node(self) -> Iterator[str]:
        """The name of a node that is there while the block lasts; it has no image until `load`."""
        known = self._settings()
        more = replace(known, nodes=known.nodes + 1)
        machine = nodes_of(self.name, self._paths, more, programs={})[-1]
        try:
            self._become(more)
            yield machine.name
        finally:
            with locked(cluster_lock(self.name), f"another command on cluster {self.name}"):
                remove_node(machine, api_of(self._paths, more))
                settings.save(self._paths, known)

    def load(self, *tags: str) -> None:
        """Every node has these images, built on this machine."""
        for tag in tags:
            images.load(self._nodes(), tag)

    def load_archive(self, archive: Path) -> None:
        """Every node has the image in this OCI archive."""
        for node in self._nodes():
            node.run("ctr", "--namespace=k8s.io", "images", "import", str(archive), timeout_seconds=_LOAD_SECONDS)

    def call(self, tag: str, name: str) -> None:
        """Every node has a loaded image by another name, too: whole, as the kubelet's, `docker.io/lsml/operator:1`."""
        images.call(self._nodes(), tag, name)

    def advertise(self, **resources: int) -> None:
        """Every node says it has that many of an extended resource: `advertise(**{"nvidia.com/gpu": 2})`."""
        api = api_of(self._paths, self._settings())
        for node in self.nodes:
            capacity = {name: str(count) for name, count in resources.items()}
            # The kubelet derives the second from the first, but takes up to 10 s for it.
            api.merge(f"/api/v1/nodes/{node}/status", {"status": {"capacity": capacity, "allocatable": capacity}})

    @property
    def nodes(self) -> list[str]:
        """The names of the nodes, as Kubernetes has them."""
        return [node.name for node in self._nodes()]

    def pid(self, component: str) -> int:
        """The process number of a component, such as `kube-apiserver` or `kubelet-0`."""
        process = components.process_of(self._paths, component)
        if process is None:
            raise ClusterError(f"{component} of cluster {self.name} does not run")
        return process.pid

    def kill_component(self, component: str) -> None:
        """End it with SIGKILL, as a crash would; it is gone on return and stays away until started again."""
        processes.kill(components.signal_to(self._paths, component, signal.SIGKILL))

    def pause_component(self, component: str) -> None:
        """It hangs: connections stay open and nobody answers."""
        components.signal_to(self._paths, component, signal.SIGSTOP)

    def continue_component(self, component: str) -> None:
        """It goes on after a pause."""
        components.signal_to(self._paths, component, signal.SIGCONT)

    def start_components(self) -> None:
        """Whatever of the cluster does not run is started, and ready on return."""
        self._become(self._settings())

    def unplug(self, node: str) -> None:
        """The node is off the network: all that runs on it goes on, and nobody hears of it."""
        cables.plug(self._settings().slot, self.nodes.index(node), is_in=False)

    def plug_in(self, node: str) -> None:
        """The node is on the network again."""
        cables.plug(self._settings().slot, self.nodes.index(node), is_in=True)

    def _become(self, wanted: Settings) -> None:
        """The cluster is so, and ready; whatever of it already ran goes on running."""
        with locked(cluster_lock(self.name), f"another command on cluster {self.name}"):
            settings.save(self._paths, wanted)
            bring_up(self.name, self._paths, wanted)

    def _nodes(self) -> list[Node]:
        return nodes_of(self.name, self._paths, self._settings(), programs={})

    def _settings(self) -> Settings:
        known = settings.load(self._paths)
        if known is None:
            raise ClusterError(f"there is no cluster {self.name}: `up --name {self.name}` makes one")
        return known

    def _settle(self, nodes: int, controllers: bool) -> Settings:
        """What the cluster is to be, stored; raises ClusterError if it already is something else."""
        with locked(slots_lock(), "another cluster to take its slot"):
            known = settings.load(self._paths)
            if known is None:
                taken = [other.slot_number for other in settings.all_clusters().values()]
                known = Settings(slots.first_free(taken, network.is_free).number, nodes, controllers)
                settings.save(self._paths, known)
        if (known.nodes, known.controllers) != (nodes, controllers):
            raise ClusterError(
                f"cluster {self.name} has {known}: take it down first, or choose another name for a different one"
            )
        return known
