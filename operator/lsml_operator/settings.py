"""What an installation chooses, read once from the environment."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class NodePrice:
    """What machines with these labels cost."""

    labels: Mapping[str, str]
    prices: Mapping[str, float] | None = None
    """In place of the installation's; None: those."""
    factor: float = 1.0
    """Times them, such as 0.3 for spot machines."""


@dataclass(frozen=True)
class Settings:
    """An installation's choices; names and defaults as in the chart's values."""

    trainer_image: str
    trainer_pull_policy: str = "IfNotPresent"
    namespace: str | None = None
    """Where the operator runs: its Lease, and who may talk to the workers. None outside a cluster."""
    identity: str = "operator"
    """Which replica this is."""
    watch_namespace: str | None = None
    """Only jobs of this namespace; None: all."""
    http_port: int = 8081
    progress_interval_seconds: float = 2.0
    ingress: Sequence[Mapping[str, Any]] = ()
    """Who may connect to a job's pods beside its own and the operator: rules of a NetworkPolicy."""
    egress: Sequence[Mapping[str, Any]] | None = None
    """Whom a job's pods may connect to beside one another: rules of a NetworkPolicy; None: everybody."""
    prices: Mapping[str, float] = field(default_factory=dict)
    """Of an hour of each resource, memory by the GiB; none: no cost is told."""
    node_prices: Sequence[NodePrice] = ()
    """Of machines by their labels; the first that fits counts."""
    currency: str = "USD"
    open_metrics: bool = False
    """Whether the metrics of a job's pods are for whoever may connect to them, without the job's token."""
    token_key: bytes | None = field(default=None, repr=False)
    """What the jobs' tokens are made of, once it was read from its Secret; None outside a cluster: they have none."""

    @property
    def has_prices(self) -> bool:
        """Whether the cost can be told."""
        return bool(self.prices or self.node_prices)

    @property
    def node_labels(self) -> frozenset[str]:
        """The labels of machines that prices depend on."""
        return frozenset(name for price in self.node_prices for name in price.labels)


class MissingSetting(ValueError):
    """An environment variable that has no default is missing; the text names it."""


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings that the LSML_ variables give.

    Raises MissingSetting if the trainer's image is not named.
    """
    image = environ.get("LSML_TRAINER_IMAGE", "")
    if not image:
        raise MissingSetting(
            "LSML_TRAINER_IMAGE is not set: name the image that worker pods run, such as lsml/trainer:0.1.0"
        )
    return Settings(
        trainer_image=image,
        trainer_pull_policy=environ.get("LSML_TRAINER_PULL_POLICY", "") or "IfNotPresent",
        namespace=environ.get("LSML_NAMESPACE") or None,
        identity=environ.get("LSML_POD_NAME") or os.uname().nodename,
        watch_namespace=environ.get("LSML_WATCH_NAMESPACE") or None,
        http_port=int(environ.get("LSML_HTTP_PORT") or 8081),
        ingress=tuple(json.loads(environ.get("LSML_INGRESS") or "[]")),
        egress=json.loads(environ.get("LSML_EGRESS") or "null"),
        prices=json.loads(environ.get("LSML_PRICES") or "{}"),
        node_prices=tuple(map(_node_price, json.loads(environ.get("LSML_NODE_PRICES") or "[]"))),
        currency=environ.get("LSML_CURRENCY") or "USD",
        open_metrics=environ.get("LSML_OPEN_METRICS") == "true",
    )


def _node_price(value: Mapping[str, Any]) -> NodePrice:
    return NodePrice(value["matchLabels"], value.get("prices"), value.get("factor", 1.0))
