"""A slot is a cluster's share of the machine; no two may meet."""

import ipaddress
import itertools

import pytest

from localcluster.errors import ClusterError
from localcluster.network import overlaps
from localcluster.slots import MAX_NODES, SLOTS, Slot, first_free

ROUTES = """\
Iface	Destination	Gateway	Flags	RefCnt	Use	Metric	Mask	MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
tun0	00C80A0A	00000000	0001	0	0	0	00FFFFFF	0	0	0
vpn0	0000CA0A	00000000	0001	0	0	0	00F0FFFF	0	0	0
"""


def test_no_two_slots_share_a_port_or_an_address():
    for one, other in itertools.combinations(map(Slot, SLOTS), 2):
        assert set(one.ports).isdisjoint(other.ports)
        assert not ipaddress.ip_network(one.network).overlaps(ipaddress.ip_network(other.network))


def test_every_address_of_a_slot_is_its_own():
    slot = Slot(SLOTS[-1])
    pods = [ipaddress.ip_network(slot.pod_range(index)) for index in range(MAX_NODES)]
    machines = [ipaddress.ip_address(slot.node_address(index)) for index in range(MAX_NODES)]
    services = ipaddress.ip_network(slot.service_network)

    assert all(pod_range.subnet_of(ipaddress.ip_network(slot.pod_network)) for pod_range in pods)
    assert len({*pods}) == len({*machines}) == MAX_NODES
    assert not services.overlaps(ipaddress.ip_network(slot.pod_network))
    assert services[1] == ipaddress.ip_address(slot.service_address)
    assert not any(machine in network for machine in machines for network in (*pods, services))
    assert all(network.subnet_of(ipaddress.ip_network(slot.network)) for network in (*pods, services))


def test_an_interface_name_fits_the_kernel():
    assert len(Slot(SLOTS[-1]).node_link(MAX_NODES - 1)) <= 15


FREE = {
    "the first of all": ((), {0, 1, 2}, 0),
    "the first that no cluster has": ((0, 1), {0, 1, 2}, 2),
    "a gap is filled": ((0, 2), {0, 1, 2}, 1),
    "what something else on the machine has is passed over": ((0,), {2}, 2),
}


@pytest.mark.parametrize(("taken", "free", "want"), FREE.values(), ids=FREE)
def test_first_free(taken, free, want):
    assert first_free(taken, lambda slot: slot.number in free) == Slot(want)


def test_no_slot_is_free():
    with pytest.raises(ClusterError, match="all 50 slots for local clusters are in use: take one down"):
        first_free(SLOTS, lambda _: True)


OVERLAPS = {
    "the default route is in nobody's way": ("10.200.0.0/16", False),
    "a network of ours that something else has a part of": ("10.10.0.0/16", True),
    "one that lies within another": ("10.202.0.0/16", True),
}


@pytest.mark.parametrize(("network", "want"), OVERLAPS.values(), ids=OVERLAPS)
def test_overlaps(network, want):
    assert overlaps(network, ROUTES) is want
