"""Fences as the text of an nftables table, which nft puts in place of the one before in a single transaction. Pure.

Hooked where packets are forwarded: pods of the same bridge are seen there, too (bridge-nf-call-iptables, which is on in
a new network namespace), after the addresses of services have become those of pods. What the node itself sends, a
kubelet's probe, is not forwarded; what belongs to a connection that was let through passes. A refusal says so
(`admin-prohibited`: "no route to host"), so that nobody takes it for a port where nobody listens.
"""

from collections.abc import Collection

from .policies import Fence, Opening

TABLE = "inet policies"

_CHAINS = {"Egress": ("from", "saddr"), "Ingress": ("to", "daddr")}
_REFUSE = "reject with icmp admin-prohibited"
_OTHER_END = {"Egress": "daddr", "Ingress": "saddr"}


def table(fences: Collection[Fence]) -> str:
    """For `nft -f`: afterwards there are these fences and no other."""
    lines = [f"table {TABLE}", f"delete table {TABLE}", f"table {TABLE} {{"]
    for fence in fences:
        lines += [f"chain {_chain(fence)} {{", *(_rule(fence.direction, one) for one in fence.openings), _REFUSE, "}"]
    lines += [
        "chain crossing {",
        "type filter hook forward priority filter + 10",
        "ct state established,related accept",
        "meta nfproto ipv6 drop",  # no pod has such an address but that of its link, of which no policy speaks
        *(_ways(direction, fences) for direction in _CHAINS),
        "}",
        "}",
    ]
    return "\n".join(line for line in lines if line) + "\n"


def _ways(direction: str, fences: Collection[Fence]) -> str:
    """To the fence of the packet's sender, or of its receiver; back from there, the next one is asked."""
    ways = [f"{fence.address} : jump {_chain(fence)}" for fence in fences if fence.direction == direction]
    return f"ip {_CHAINS[direction][1]} vmap {{ {', '.join(ways)} }}" if ways else ""


def _chain(fence: Fence) -> str:
    return f"{_CHAINS[fence.direction][0]}-{fence.address}"


def _rule(direction: str, opening: Opening) -> str:
    end = _OTHER_END[direction]
    words = [f"ip {end} {{ {', '.join(opening.who)} }}"] if opening.who else []
    words += [f"ip {end} != {block}" for block in opening.but]
    if opening.ports:
        words.append(f"{opening.protocol} dport {opening.ports}")
    elif opening.protocol:
        words.append(f"meta l4proto {opening.protocol}")
    return " ".join([*words, "return"])
