"""What a worker costs, by the prices of the installation. Pure."""

from collections.abc import Mapping
from statistics import fmean

from lsml_operator.api.quantity import number_of
from lsml_operator.decide.fate import runs
from lsml_operator.desired.pod import worker_resources
from lsml_operator.settings import Settings
from lsml_operator.world import Object, World

GIB = 2.0**30


def mean_hourly_price(world: World, settings: Settings) -> float:
    """Of one of the workers that run, or of those that ran until now, on the average: each by its machine's price."""
    running = [member.pod.node for member in world.members if member.pod is not None and runs(member)]
    ran = [member.pod.node for member in world.members if member.pod is not None and member.pod.ended]
    return fmean(_price_on(world, node, settings) for node in running or ran or [None])


def _price_on(world: World, node: str | None, settings: Settings) -> float:
    """By the first price whose labels the machine has; by the installation's on one that has none, or is not known."""
    labels = world.nodes.get(node or "", {})
    for price in settings.node_prices:
        if price.labels.items() <= labels.items():
            prices = settings.prices if price.prices is None else price.prices
            return price.factor * hourly_price(world.job.raw_spec, prices)
    return hourly_price(world.job.raw_spec, settings.prices)


def hourly_price(raw_spec: Object, prices: Mapping[str, float]) -> float:
    """Of one worker: what it keeps from others, its requests, each times its price; memory is priced by the GiB."""
    resources = worker_resources(raw_spec)
    kept = {**resources["limits"], **resources["requests"]}  # what has no request is requested up to its limit
    return sum(prices.get(name, 0.0) * number_of(amount) / _unit(name) for name, amount in kept.items())


def _unit(resource: str) -> float:
    return GIB if resource in ("memory", "ephemeral-storage") else 1.0
