"""The network of a cluster with nodes: one bridge on the host, one cable to each node.

    host: bridge lsml3, 10.203.0.1 -- lsml3n0 ==(veth)== eth0, 10.203.0.10 in node 0's namespace

The host gets addresses, a link a node and a route to each node's pods; no rule of iptables and no forwarding: pods
reach the host and each other, and nothing outside. Every function may be repeated. Must not touch an interface that
does not have the slot's name and the owner's label.
"""

from collections.abc import Sequence
from pathlib import Path

from .commands import run, succeeds
from .errors import ClusterError
from .slots import Slot

_LINKS = Path("/sys/class/net")
_LABEL_CHARACTERS = 200  # the kernel keeps 255 bytes


def are_owned_by(slot: Slot, owner: Path) -> bool:
    """Whether the slot's interfaces, if there are any, are of the cluster in this folder.

    Clusters are known by user; another user's may have taken the slot while this one was half dead.
    """
    label = _LINKS / slot.bridge / "ifalias"
    return not label.exists() or label.read_text().strip() in {"", _label(owner)}


def lay_bridge(slot: Slot, owner: Path) -> None:
    """The bridge is there, with the address where the API server listens."""
    if not are_owned_by(slot, owner):
        raise ClusterError(f"another user's cluster has taken {slot.bridge}: take yours down and bring it up again")
    if slot.bridge not in links_of(slot):
        run(["ip", "link", "add", slot.bridge, "type", "bridge"])
    run(["ip", "link", "set", slot.bridge, "alias", _label(owner)])
    _ip(f"address replace {slot.bridge_address}/24 dev {slot.bridge}", f"link set {slot.bridge} up")


def lay_cable(slot: Slot, index: int, nodes: int, enter: Sequence[str], holder_pid: int) -> None:
    """Node `index` has an address, a way to the host and to the pods of the other nodes; `enter` enters it."""
    link = slot.node_link(index)
    if not succeeds([*enter, "ip", "link", "show", "eth0"]):
        succeeds(["ip", "link", "delete", link])  # of a namespace that is dead but not yet buried
        _ip(f"link add {link} type veth peer name eth0 netns {holder_pid}")
    address = slot.node_address(index)
    _ip(f"link set {link} master {slot.bridge} up")
    _ip(
        f"address replace {address}/24 dev eth0",
        "link set eth0 up",
        f"route replace default via {slot.bridge_address}",
        *(
            f"route replace {slot.pod_range(other)} via {slot.node_address(other)}"
            for other in range(nodes)
            if other != index
        ),
        enter=enter,
    )
    _ip(f"route replace {slot.pod_range(index)} via {address} dev {slot.bridge}")


def remove_cable(slot: Slot, index: int) -> None:
    """Node `index` is off the network, and the host knows no way to its pods; there may be neither."""
    succeeds(["ip", "route", "delete", slot.pod_range(index)])
    succeeds(["ip", "link", "delete", slot.node_link(index)])


def plug(slot: Slot, index: int, *, is_in: bool) -> None:
    """The node's end of the cable has a signal, or none: what is sent is lost, and no connection is told."""
    _ip(f"link set {slot.node_link(index)} {'up' if is_in else 'down'}")


def remove(slot: Slot) -> None:
    """The bridge and every cable are gone, and with them their addresses and routes."""
    for link in links_of(slot):
        succeeds(["ip", "link", "delete", link])


def links_of(slot: Slot) -> list[str]:
    """The slot's interfaces that exist, cables first."""
    cables = sorted(path.name for path in _LINKS.glob(f"{slot.bridge}n[0-9]*"))
    return cables + [slot.bridge] * (_LINKS / slot.bridge).exists()


def _label(owner: Path) -> str:
    return str(owner)[-_LABEL_CHARACTERS:]


def _ip(*lines: str, enter: Sequence[str] = ()) -> None:
    run([*enter, "ip", "-batch", "-"], stdin="\n".join(lines))
