"""What NetworkPolicies say of the pods of one node: objects of the API server to fences. Pure.

A pod that a policy selects has a fence in that policy's direction, with the openings of all policies that select it:
Kubernetes' semantics, for IPv4, which is all that the pods here have. Must not know how a fence is built: that is
`firewall`.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Object = dict[str, Any]

_PEERS = {"Ingress": "from", "Egress": "to"}
_ENDED = ("Succeeded", "Failed")


@dataclass(frozen=True, order=True)
class Opening:
    """Who, but for whom of them, and what they may ask for."""

    who: tuple[str, ...] = ()
    """Addresses of pods, or one block; empty: everybody."""
    but: tuple[str, ...] = ()
    """Blocks."""
    protocol: str = ""
    """tcp, udp or sctp; empty: any, and any port."""
    ports: str = ""
    """80 or 8000-8010; empty: any."""


@dataclass(frozen=True)
class Fence:
    """Connections to (Ingress) or from (Egress) a pod's address go through an opening, or not at all."""

    direction: str
    address: str
    openings: tuple[Opening, ...]


@dataclass(frozen=True)
class World:
    """All of a cluster that policies speak of."""

    policies: Collection[Object]
    pods: Collection[Object]
    namespaces: Collection[Object]

    @cached_property
    def reachable(self) -> list[Object]:
        """The pods that have an address of their own, by address; one that was given again is the newest pod's."""
        alive = [
            pod
            for pod in sorted(self.pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
            if _address(pod) and not pod["spec"].get("hostNetwork") and pod["status"]["phase"] not in _ENDED
        ]
        return sorted({_address(pod): pod for pod in alive}.values(), key=_address)


def fences(world: World, node_address: str) -> tuple[Fence, ...]:
    """The fences of the pods that run on the node, by address."""
    return tuple(
        Fence(direction, _address(pod), tuple(sorted(_openings(world, about, direction, pod))))
        for pod in world.reachable
        if pod["status"].get("hostIP") == node_address
        for direction in _PEERS
        if (about := [policy for policy in world.policies if _is_about(policy, direction, pod)])
    )


def _is_about(policy: Object, direction: str, pod: Object) -> bool:
    spec = policy["spec"]
    types = spec.get("policyTypes") or ["Ingress", *(["Egress"] if spec.get("egress") else [])]
    same_namespace = policy["metadata"]["namespace"] == pod["metadata"]["namespace"]
    return direction in types and same_namespace and selects(spec["podSelector"], pod)


def _openings(world: World, policies: Collection[Object], direction: str, pod: Object) -> set[Opening]:
    """Those of all rules of these policies, and one for the pod itself, whom no policy keeps from itself."""
    found = {Opening((_address(pod),))}
    for policy in policies:
        for rule in policy["spec"].get(direction.lower()) or ():
            for who, but, pods in _peers(world, rule.get(_PEERS[direction]), policy["metadata"]["namespace"]):
                # The port is of whoever is connected to: this pod, or each of its peers.
                served_by = [pod] if direction == "Ingress" else pods
                for port in rule.get("ports") or [{}]:
                    found |= set(_through(port, who, but, served_by, is_egress=direction == "Egress"))
    return found


def _peers(
    world: World, peers: list[Object] | None, namespace: str
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], list[Object]]]:
    """For each peer of a rule: its addresses, less these, and its pods."""
    if not peers:
        yield (), (), world.reachable
    for peer in peers or ():
        if block := peer.get("ipBlock"):
            if ":" not in block["cidr"]:
                yield (block["cidr"],), tuple(block.get("except") or ()), []
        elif pods := [pod for pod in world.reachable if _is_peer(world, peer, namespace, pod)]:
            yield tuple(map(_address, pods)), (), pods


def _is_peer(world: World, peer: Object, namespace: str, pod: Object) -> bool:
    where = peer.get("namespaceSelector")
    its_namespace = pod["metadata"]["namespace"]
    if where is None and its_namespace != namespace:
        return False
    if where is not None and not any(
        selects(where, one) for one in world.namespaces if one["metadata"]["name"] == its_namespace
    ):
        return False
    return selects(peer.get("podSelector", {}), pod)


def _through(
    port: Object, who: tuple[str, ...], but: tuple[str, ...], served_by: list[Object], *, is_egress: bool
) -> Iterator[Opening]:
    """The openings of one port of a rule; a name is another number on every pod, and none on some."""
    number, protocol = port.get("port"), port.get("protocol", "TCP") if port else ""
    if not isinstance(number, str):
        ports = "" if number is None else f"{number}-{port['endPort']}" if "endPort" in port else f"{number}"
        yield Opening(who, but, protocol.lower(), ports)
        return
    for pod in served_by:
        for found in _numbers(pod, number, protocol):
            yield Opening((_address(pod),) if is_egress else who, but, protocol.lower(), f"{found}")


def _numbers(pod: Object, name: str, protocol: str) -> list[int]:
    containers = [*pod["spec"]["containers"], *pod["spec"].get("initContainers", ())]
    ports = [port for container in containers for port in container.get("ports", ())]
    return [p["containerPort"] for p in ports if (p.get("name"), p.get("protocol", "TCP")) == (name, protocol)]


def selects(selector: Mapping[str, Any], one: Object) -> bool:
    """Whether a label selector, of which an empty one takes everybody, takes this object."""
    labels = one["metadata"].get("labels") or {}
    wanted = selector.get("matchLabels") or {}
    return all(labels.get(name) == value for name, value in wanted.items()) and all(
        _holds(expression, labels) for expression in selector.get("matchExpressions") or ()
    )


def _holds(expression: Object, labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or ()
    return {
        "In": key in labels and labels[key] in values,
        "NotIn": key not in labels or labels[key] not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }[expression["operator"]]


def _address(pod: Object) -> str:
    return str(pod["status"].get("podIP", ""))
