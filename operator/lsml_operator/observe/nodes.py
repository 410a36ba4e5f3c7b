"""Keeps the cache's nodes true, where prices depend on them: of their labels those that a price names."""

from collections.abc import Iterable

from lsml_operator.client import Client
from lsml_operator.mirror import mirror
from lsml_operator.observe.cache import Cache
from lsml_operator.paths import collection
from lsml_operator.world import Object


async def keep_nodes(client: Client, cache: Cache, names: frozenset[str]) -> None:
    """Never returns. Nothing depends on nodes but the cost: an operator that cannot see them works on."""

    def labels(body: Object) -> dict[str, str]:
        return {name: value for name, value in (body["metadata"].get("labels") or {}).items() if name in names}

    def take(change: str, body: Object) -> None:
        if change == "DELETED":
            cache.nodes.pop(body["metadata"]["name"], None)
        else:
            cache.nodes[body["metadata"]["name"]] = labels(body)

    def replace(bodies: Iterable[Object]) -> None:
        listed = {body["metadata"]["name"]: labels(body) for body in bodies}
        cache.nodes.clear()
        cache.nodes.update(listed)

    await mirror(client, collection("Node", None), {}, replace, take, lambda: None)
