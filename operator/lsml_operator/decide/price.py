"""What a worker costs, by the prices of the installation. Pure."""

from collections.abc import Mapping

from lsml_operator.api.quantity import number_of
from lsml_operator.desired.pod import resources_of
from lsml_operator.world import Object

GIB = 2.0**30


def hourly_price(raw_spec: Object, prices: Mapping[str, float]) -> float:
    """Of one worker: what it keeps from others, its requests, each times its price; memory is priced by the GiB."""
    workers: Object = raw_spec.get("workers") or {}
    resources = resources_of(workers.get("resources") or {})
    kept = {**resources["limits"], **resources["requests"]}  # what has no request is requested up to its limit
    return sum(prices.get(name, 0.0) * number_of(amount) / _unit(name) for name, amount in kept.items())


def _unit(resource: str) -> float:
    return GIB if resource in ("memory", "ephemeral-storage") else 1.0
