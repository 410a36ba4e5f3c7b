"""NetworkPolicies, as Kubernetes means them, as fences of a node's pods, and as the text that nft is given."""

from typing import Any

import pytest

from localcluster.firewall import table
from localcluster.policies import Fence, Object, Opening, World, fences, selects

HERE, THERE = "10.203.0.10", "10.203.0.11"
TEAM = {"app": "team"}
WEB, WEB_UDP = {"name": "web", "containerPort": 80}, {"name": "web", "containerPort": 81, "protocol": "UDP"}


def a_pod(number: int, *, namespace: str = "a", node: str = HERE, labels: dict[str, str] = TEAM, **more: Any) -> Object:
    container = {"name": "c", "ports": more.get("ports", [])}
    return {
        "metadata": {"namespace": namespace, "labels": labels, "creationTimestamp": more.get("created", "2026-01-01")},
        "spec": {"containers": [container], "hostNetwork": more.get("host_network", False)},
        "status": {"phase": more.get("phase", "Running"), "hostIP": node, "podIP": f"10.0.0.{number}"},
    }


def a_policy(namespace: str = "a", **spec: Any) -> Object:
    return {"metadata": {"namespace": namespace}, "spec": {"podSelector": {"matchLabels": TEAM}, **spec}}


def a_namespace(name: str, **labels: str) -> Object:
    return {"metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name, **labels}}}


POD = a_pod(1, ports=[WEB, WEB_UDP])
TEAMMATE = a_pod(2, ports=[{"name": "web", "containerPort": 8080}])
STRANGER = a_pod(3, labels={"app": "other"})
ABROAD = a_pod(4, namespace="b", ports=[WEB])
ELSEWHERE = a_pod(5, node=THERE)
PODS = [POD, TEAMMATE, STRANGER, ABROAD, ELSEWHERE]
NAMESPACES = [a_namespace("a"), a_namespace("b", kind="friends")]
ITSELF = Opening(("10.0.0.1",))
SAME = {"podSelector": {"matchLabels": TEAM}}
ANY_NAMESPACE: Object = {"namespaceSelector": {}}


def fences_of_pod(*policies: Object, pods: list[Object] = PODS) -> dict[str, tuple[Opening, ...]]:
    """Of the first pod, by direction, without the opening to itself that each has."""
    found = fences(World(policies, pods, NAMESPACES), HERE)
    mine = {fence.direction: fence.openings for fence in found if fence.address == "10.0.0.1"}
    assert all(ITSELF in openings for openings in mine.values())
    return {direction: tuple(one for one in openings if one != ITSELF) for direction, openings in mine.items()}


DIRECTIONS = {
    "nobody's policy": ([], {}),
    "a policy of other pods": ([a_policy(podSelector={"matchLabels": {"app": "other"}})], {}),
    "a policy of another namespace": ([a_policy("b", podSelector={})], {}),
    "no types: Ingress": ([a_policy()], {"Ingress": ()}),
    "no types, with egress: both": ([a_policy(egress=[{}])], {"Ingress": (), "Egress": (Opening(),)}),
    "no types, with an empty egress: Ingress": ([a_policy(egress=[])], {"Ingress": ()}),
    "Egress only": ([a_policy(policyTypes=["Egress"], ingress=[{}])], {"Egress": ()}),
    "all pods": ([a_policy(podSelector={}, policyTypes=["Ingress"])], {"Ingress": ()}),
    "policies add up": (
        [a_policy(ingress=[{"ports": [{"port": 1}]}]), a_policy(ingress=[{"ports": [{"port": 2}]}])],
        {"Ingress": (Opening(protocol="tcp", ports="1"), Opening(protocol="tcp", ports="2"))},
    ),
}


@pytest.mark.parametrize(("policies", "want"), DIRECTIONS.values(), ids=DIRECTIONS)
def test_who_has_a_fence(policies, want):
    assert fences_of_pod(*policies) == want


PEERS: dict[str, tuple[Object, tuple[Opening, ...]]] = {
    "an empty rule lets in everybody": ({}, (Opening(),)),
    "an empty list of peers, too": ({"from": []}, (Opening(),)),
    "pods of the same namespace": (
        {"from": [SAME]},
        (Opening(("10.0.0.1", "10.0.0.2", "10.0.0.5")),),
    ),
    "all pods of the same namespace": (
        {"from": [{"podSelector": {}}]},
        (Opening(("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.5")),),
    ),
    "all pods of some namespaces": (
        {"from": [{"namespaceSelector": {"matchLabels": {"kind": "friends"}}}]},
        (Opening(("10.0.0.4",)),),
    ),
    "some pods of all namespaces": (
        {"from": [{**ANY_NAMESPACE, **SAME}]},
        (Opening(("10.0.0.1", "10.0.0.2", "10.0.0.4", "10.0.0.5")),),
    ),
    "nobody is there yet": ({"from": [{"podSelector": {"matchLabels": {"app": "none"}}}]}, ()),
    "a block without a part": (
        {"from": [{"ipBlock": {"cidr": "10.1.0.0/16", "except": ["10.1.1.0/24", "10.1.2.0/24"]}}]},
        (Opening(("10.1.0.0/16",), ("10.1.1.0/24", "10.1.2.0/24")),),
    ),
    "a block of IPv6": ({"from": [{"ipBlock": {"cidr": "::/0", "except": ["fe80::/10"]}}]}, ()),
    "a port": ({"ports": [{"port": 80}]}, (Opening(protocol="tcp", ports="80"),)),
    "a range of ports": (
        {"ports": [{"port": 80, "endPort": 90, "protocol": "UDP"}]},
        (Opening(protocol="udp", ports="80-90"),),
    ),
    "all ports of a protocol": ({"ports": [{"protocol": "SCTP"}]}, (Opening(protocol="sctp"),)),
    "a port by the name that the pod has for it": (
        {"from": [{**ANY_NAMESPACE, "podSelector": {"matchLabels": {"app": "other"}}}], "ports": [{"port": "web"}]},
        (Opening(("10.0.0.3",), protocol="tcp", ports="80"),),
    ),
    "by the name of its other protocol": (
        {"ports": [{"port": "web", "protocol": "UDP"}]},
        (Opening(protocol="udp", ports="81"),),
    ),
    "a name that the pod does not have": ({"ports": [{"port": "metrics"}]}, ()),
}


@pytest.mark.parametrize(("rule", "want"), PEERS.values(), ids=PEERS)
def test_whom_a_rule_lets_in(rule, want):
    assert fences_of_pod(a_policy(ingress=[rule])) == {"Ingress": want}


OUT: dict[str, tuple[Object, tuple[Opening, ...]]] = {
    "to a namespace": (
        {"to": [{"namespaceSelector": {"matchLabels": {"kind": "friends"}}}]},
        (Opening(("10.0.0.4",)),),
    ),
    "to a name, which is another number on each pod": (
        {"to": [ANY_NAMESPACE], "ports": [{"port": "web"}]},
        (
            Opening(("10.0.0.1",), protocol="tcp", ports="80"),
            Opening(("10.0.0.2",), protocol="tcp", ports="8080"),
            Opening(("10.0.0.4",), protocol="tcp", ports="80"),
        ),
    ),
    "to a name, anywhere": (
        {"ports": [{"port": "web", "protocol": "UDP"}]},
        (Opening(("10.0.0.1",), protocol="udp", ports="81"),),
    ),
    "to a name within a block, where nobody has names": (
        {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": "web"}]},
        (),
    ),
}


@pytest.mark.parametrize(("rule", "want"), OUT.values(), ids=OUT)
def test_where_a_rule_lets_out(rule, want):
    assert fences_of_pod(a_policy(policyTypes=["Egress"], egress=[rule])) == {"Egress": want}


NOT_THERE = {
    "it has no address yet": STRANGER | {"status": {"phase": "Pending"}},
    "it has ended, and its address may be somebody else's": a_pod(3, phase="Succeeded"),
    "it has the node's network": a_pod(3, host_network=True),
}


@pytest.mark.parametrize("pod", NOT_THERE.values(), ids=NOT_THERE)
def test_whoever_has_no_address_of_its_own_is_no_peer_and_has_no_fence(pod):
    world = World([a_policy(podSelector={}, ingress=[{"from": [{"podSelector": {}}]}])], [POD, pod], NAMESPACES)
    assert fences(world, HERE) == (Fence("Ingress", "10.0.0.1", (ITSELF,)),)


def test_an_address_that_was_given_again_is_the_newest_pods():
    pods = [a_pod(1, created="2026-01-02"), a_pod(1, labels={"app": "other"})]
    assert fences(World([a_policy()], pods, NAMESPACES), HERE) == (Fence("Ingress", "10.0.0.1", (ITSELF,)),)
    assert fences(World([a_policy(podSelector={"matchLabels": {"app": "other"}})], pods, NAMESPACES), HERE) == ()


def test_a_node_has_the_fences_of_its_own_pods():
    world = World([a_policy()], PODS, NAMESPACES)
    assert [fence.address for fence in fences(world, HERE)] == ["10.0.0.1", "10.0.0.2"]
    assert [fence.address for fence in fences(world, THERE)] == ["10.0.0.5"]


def an_expression(operator: str, *values: str) -> Object:
    return {"matchExpressions": [{"key": "app", "operator": operator, **({"values": [*values]} if values else {})}]}


SELECTORS = {
    "in": (an_expression("In", "team", "x"), True, False),
    "not in": (an_expression("NotIn", "x"), True, True),
    "not in, but it is": (an_expression("NotIn", "team"), False, True),
    "exists": (an_expression("Exists"), True, False),
    "does not exist": (an_expression("DoesNotExist"), False, True),
    "all must hold": (an_expression("Exists") | {"matchLabels": {"app": "x"}}, False, False),
    "none": ({}, True, True),
}


@pytest.mark.parametrize(("selector", "with_label", "without"), SELECTORS.values(), ids=SELECTORS)
def test_selects(selector, with_label, without):
    found = [selects(selector, {"metadata": metadata}) for metadata in ({"labels": TEAM}, {})]
    assert found == [with_label, without]


def test_the_text_of_a_table():
    openings = (ITSELF, Opening(("0.0.0.0/0",), ("169.254.0.0/16",), "tcp", "80-90"), Opening(protocol="sctp"))
    made = (Fence("Ingress", "10.0.0.1", openings), Fence("Egress", "10.0.0.1", (Opening(),)))
    assert table(made) == (
        "table inet policies\n"
        "delete table inet policies\n"
        "table inet policies {\n"
        "chain to-10.0.0.1 {\n"
        "ip saddr { 10.0.0.1 } return\n"
        "ip saddr { 0.0.0.0/0 } ip saddr != 169.254.0.0/16 tcp dport 80-90 return\n"
        "meta l4proto sctp return\n"
        "reject with icmp admin-prohibited\n"
        "}\n"
        "chain from-10.0.0.1 {\n"
        "return\n"
        "reject with icmp admin-prohibited\n"
        "}\n"
        "chain crossing {\n"
        "type filter hook forward priority filter + 10\n"
        "ct state established,related accept\n"
        "meta nfproto ipv6 drop\n"
        "ip saddr vmap { 10.0.0.1 : jump from-10.0.0.1 }\n"
        "ip daddr vmap { 10.0.0.1 : jump to-10.0.0.1 }\n"
        "}\n"
        "}\n"
    )
