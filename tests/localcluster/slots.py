"""A cluster's share of the machine's ports and private addresses, all derived from one small number.

    slot 3 -> ports 21030..21039 on 127.0.0.1, bridge lsml3, addresses 10.203.0.0/16:
        10.203.0.1          the bridge, where the API server listens when there are nodes, at port 6443
        10.203.0.10 + i     node i
        10.203.(64+i).0/24  pods of node i, together 10.203.64.0/18
        10.203.192.0/20     services

Must not ask the machine anything: whether a slot is free is decided by the caller.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from .errors import ClusterError

SLOTS = range(50)
BRIDGE_API_PORT = 6443
"""As elsewhere: policies that let somebody out to the API server name the port behind its Service."""
MAX_NODES = 60

# Below 32768, where Linux starts to give ports to outgoing connections.
_FIRST_PORT = 21000
_PORTS_PER_SLOT = 10
_FIRST_NETWORK = 200


@dataclass(frozen=True)
class Slot:
    """The number, and everything that follows from it."""

    number: int

    @property
    def _network(self) -> str:
        return f"10.{_FIRST_NETWORK + self.number}"

    @property
    def network(self) -> str:
        return f"{self._network}.0.0/16"

    @property
    def bridge(self) -> str:
        return f"lsml{self.number}"

    @property
    def bridge_address(self) -> str:
        return f"{self._network}.0.1"

    @property
    def pod_network(self) -> str:
        return f"{self._network}.64.0/18"

    @property
    def service_network(self) -> str:
        return f"{self._network}.192.0/20"

    @property
    def service_address(self) -> str:
        """Where the service `kubernetes` is: the first address of the range."""
        return f"{self._network}.192.1"

    def node_address(self, index: int) -> str:
        return f"{self._network}.0.{10 + index}"

    def pod_range(self, index: int) -> str:
        return f"{self._network}.{64 + index}.0/24"

    def node_link(self, index: int) -> str:
        """The host's end of the node's cable, also the name of its cgroup; at most 15 characters."""
        return f"{self.bridge}n{index}"

    @property
    def api_port(self) -> int:
        return self.ports[0]

    @property
    def etcd_client_port(self) -> int:
        return self.ports[1]

    @property
    def etcd_peer_port(self) -> int:
        return self.ports[2]

    @property
    def ports(self) -> range:
        first = _FIRST_PORT + self.number * _PORTS_PER_SLOT
        return range(first, first + _PORTS_PER_SLOT)


def first_free(taken: Collection[int], is_free: Callable[[Slot], bool]) -> Slot:
    """The lowest slot that no cluster has and that nothing else on the machine is in the way of."""
    for number in SLOTS:
        if number not in taken and is_free(Slot(number)):
            return Slot(number)
    raise ClusterError(f"all {len(SLOTS)} slots for local clusters are in use: take one down, `list` shows them")
