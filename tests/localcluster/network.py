"""What of the machine's network is free for a cluster to take.

Must not change anything: cables are laid elsewhere, and only where there are nodes.
"""

import ipaddress
import socket
import struct
from pathlib import Path

from .slots import Slot

_LINKS = Path("/sys/class/net")
_ROUTES = Path("/proc/net/route")


def is_free(slot: Slot) -> bool:
    """Whether nothing on the machine has the slot's ports, bridge or addresses."""
    return (
        all(_can_listen(port) for port in slot.ports)
        and not (_LINKS / slot.bridge).exists()
        and not (_ROUTES.exists() and overlaps(slot.network, _ROUTES.read_text()))
    )


def overlaps(network: str, routes: str) -> bool:
    """Whether a route of /proc/net/route, other than the default, shares addresses with the network."""
    wanted = ipaddress.ip_network(network)
    for line in routes.splitlines()[1:]:
        fields = line.split()
        route = ipaddress.ip_network(f"{_address(fields[1])}/{_address(fields[7])}")
        if route.prefixlen and route.overlaps(wanted):
            return True
    return False


def _address(hexadecimal: str) -> str:
    """The kernel prints the four bytes as one number of the machine's own byte order."""
    return socket.inet_ntoa(struct.pack("=I", int(hexadecimal, 16)))


def _can_listen(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers themselves do: a connection in TIME_WAIT is not in the way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
