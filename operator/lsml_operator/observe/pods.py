"""Keeps the cache's pods true: list, then watch, for ever. A list after a gap is compared with what was known."""

import asyncio
import logging
from collections.abc import Callable

from lsml_operator.client import ApiError, Client, Unreachable
from lsml_operator.labels import JOB
from lsml_operator.observe.cache import Cache
from lsml_operator.paths import collection
from lsml_operator.world import Object

RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
PAGE = "500"

log = logging.getLogger(__name__)


async def keep_pods(client: Client, cache: Cache, namespace: str | None, alive: Callable[[], None]) -> None:
    """Never returns. Calls `alive` whenever the API server was heard, or was found to be out of reach.

    What is not alive is a watch that neither hears nor fails; an outage is no reason to start the operator anew.
    """
    failures = 0
    while True:
        try:
            version = await _list(client, cache, namespace)
            while True:
                alive()
                failures = 0
                version = await _watch(client, cache, namespace, version, alive)
        except (ApiError, Unreachable) as error:
            alive()
            gone = isinstance(error, ApiError) and error.code == 410  # our version is too old: list anew, at once
            log.log(logging.DEBUG if gone else logging.WARNING, "the watch of pods broke, listing anew: %s", error)
            await asyncio.sleep(0 if gone and failures == 0 else RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
            failures += 1


async def _list(client: Client, cache: Cache, namespace: str | None) -> str:
    """All pods, page by page; the version to watch from."""
    bodies: list[Object] = []
    token = ""
    while True:
        query = {"labelSelector": JOB, "limit": PAGE} | ({"continue": token} if token else {})
        page = await client.request("GET", collection("Pod", namespace), query=query)
        bodies += page["items"]
        token = page["metadata"].get("continue", "")
        if not token:
            break
    cache.replace_pods(bodies)
    version: str = page["metadata"]["resourceVersion"]
    return version


async def _watch(client: Client, cache: Cache, namespace: str | None, version: str, alive: Callable[[], None]) -> str:
    """One watch, until the server ends it; the version to go on from."""
    async for event in client.watch(collection("Pod", namespace), {"labelSelector": JOB, "resourceVersion": version}):
        alive()
        body = event["object"]
        version = body["metadata"]["resourceVersion"]
        if event["type"] == "DELETED":
            cache.drop_pod((body["metadata"]["namespace"], body["metadata"]["name"]))
        elif event["type"] in ("ADDED", "MODIFIED"):
            cache.put_pod(body)
    return version
