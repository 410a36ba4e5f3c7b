"""Keeps a picture of one kind of object true: list, then watch, for ever. What to do with it is the caller's.

A list after a gap is handed over whole, so that what went unseen can be told from what is still there.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping

from lsml_operator.client import ApiError, Client, Unreachable
from lsml_operator.view.words import Object

RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
PAGE = "500"

Replace = Callable[[Iterable[Object]], None]
"""Takes all objects that there are."""
Take = Callable[[str, Object], None]
"""Takes ADDED, MODIFIED or DELETED, and the object."""

log = logging.getLogger(__name__)


async def mirror(
    client: Client, path: str, query: Mapping[str, str], replace: Replace, take: Take, alive: Callable[[], None]
) -> None:
    """Never returns. Calls `alive` whenever the API server was heard, or was found to be out of reach.

    What is not alive is a watch that neither hears nor fails; an outage is no reason to start anew.
    """
    failures = 0
    while True:
        try:
            version = await _list(client, path, query, replace)
            while True:
                alive()
                failures = 0
                version = await _watch(client, path, {**query, "resourceVersion": version}, take, alive)
        except (ApiError, Unreachable) as error:
            alive()
            gone = isinstance(error, ApiError) and error.code == 410  # our version is too old: list anew, at once
            level = logging.DEBUG if gone else logging.WARNING
            log.log(level, "the watch of %s broke, listing anew: %s", path.rpartition("/")[2], error)
            await asyncio.sleep(0 if gone and failures == 0 else RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
            failures += 1


async def _list(client: Client, path: str, query: Mapping[str, str], replace: Replace) -> str:
    """All of them, page by page; the version to watch from."""
    bodies: list[Object] = []
    token = ""
    while True:
        page = await client.request(
            "GET", path, query={**query, "limit": PAGE} | ({"continue": token} if token else {})
        )
        bodies += page["items"]
        token = page["metadata"].get("continue", "")
        if not token:
            break
    replace(bodies)
    version: str = page["metadata"]["resourceVersion"]
    return version


async def _watch(client: Client, path: str, query: Mapping[str, str], take: Take, alive: Callable[[], None]) -> str:
    """One watch, until the server ends it; the version to go on from."""
    version = query["resourceVersion"]
    async for event in client.watch(path, query):
        alive()
        version = event["object"]["metadata"]["resourceVersion"]
        if event["type"] in ("ADDED", "MODIFIED", "DELETED"):
            take(event["type"], event["object"])
    return version
