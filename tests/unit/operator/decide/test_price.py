"""What an hour of a worker costs, by hand: 2 CPUs and 4 GiB."""

import pytest

from lsml_operator.decide.price import mean_hourly_price
from lsml_operator.settings import NodePrice, Settings
from lsml_operator.world import World
from unit.operator.builders import a_pod, a_status, a_worker, a_world, an_ended_pod

LARGE = {"limits": {"cpu": "2", "memory": "4Gi"}}
SPOT = {"karpenter.sh/capacity-type": "spot"}
BIG = {"node.kubernetes.io/instance-type": "m5.xlarge"}
NODES = {"spot": SPOT, "big": BIG, "both": {**SPOT, **BIG}, "plain": {}}
SETTINGS = Settings(
    "lsml/trainer:1",
    prices={"cpu": 0.04, "memory": 0.01},
    node_prices=(
        NodePrice({**SPOT, **BIG}, prices={"cpu": 0.1}, factor=0.5),
        NodePrice(SPOT, factor=0.25),
        NodePrice(BIG, prices={"cpu": 0.5, "memory": 0.25}),
    ),
)


def on(*nodes: str | None) -> World:
    """A job whose workers run on these machines."""
    workers = [a_worker(index=index) for index in range(len(nodes))]
    pods = tuple(a_pod(index=index, node=node) for index, node in enumerate(nodes))
    return a_world(a_status(*workers), pods=pods, nodes=NODES, resources=LARGE)


CASES: dict[str, tuple[World, float]] = {
    "a machine that no price names": (on("plain"), 2 * 0.04 + 4 * 0.01),
    "a machine that is not known": (on("new"), 0.12),
    "a pod that nobody has seen on a machine": (on(None), 0.12),
    "nobody runs": (on(), 0.12),
    "spot: a quarter of it": (on("spot"), 0.03),
    "a kind of machine: its own prices": (on("big"), 2 * 0.5 + 4 * 0.25),
    "the first that fits counts: its own prices, and half of them": (on("both"), 2 * 0.1 * 0.5),
    "three workers on three machines: the mean": (on("plain", "spot", "big"), (0.12 + 0.03 + 2.0) / 3),
}


@pytest.mark.parametrize(("world", "wanted"), CASES.values(), ids=CASES)
def test_price(world: World, wanted: float) -> None:
    assert mean_hourly_price(world, SETTINGS) == pytest.approx(wanted)


def test_who_has_ended_is_charged_by_the_machine_that_he_had() -> None:
    """Hours of a program that says nothing are entered when it ends."""
    world = a_world(a_status(a_worker()), an_ended_pod(0, node="spot"), nodes=NODES, resources=LARGE)
    assert mean_hourly_price(world, SETTINGS) == pytest.approx(0.03)


def test_a_pod_that_does_not_run_is_not_counted() -> None:
    workers = [a_worker(), a_worker(index=1)]
    pods = (a_pod(node="spot"), a_pod(0, "Pending", index=1, node="big"))
    world = a_world(a_status(*workers), pods=pods, nodes=NODES, resources=LARGE)
    assert mean_hourly_price(world, SETTINGS) == pytest.approx(0.03)
