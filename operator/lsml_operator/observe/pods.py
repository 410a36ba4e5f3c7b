"""Keeps the cache's pods true."""

from collections.abc import Callable

from lsml_operator.client import Client
from lsml_operator.labels import JOB
from lsml_operator.mirror import mirror
from lsml_operator.observe.cache import Cache
from lsml_operator.paths import collection
from lsml_operator.world import Object


async def keep_pods(client: Client, cache: Cache, namespace: str | None, alive: Callable[[], None]) -> None:
    """Never returns; `alive` as of `mirror`."""

    def take(change: str, body: Object) -> None:
        if change == "DELETED":
            cache.drop_pod((body["metadata"]["namespace"], body["metadata"]["name"]))
        else:
            cache.put_pod(body)

    await mirror(client, collection("Pod", namespace), {"labelSelector": JOB}, cache.replace_pods, take, alive)
