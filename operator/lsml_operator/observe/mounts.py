"""Asks why pods that have a machine do not start, for ever: only the kubelet's events say which volume is missing."""

import asyncio
import logging
from datetime import UTC, datetime

from lsml_operator.client import ApiError, Client, Unreachable
from lsml_operator.observe.cache import Cache
from lsml_operator.paths import collection
from lsml_operator.world import JobKey, Pod

PATIENCE_SECONDS = 5.0
"""A pod that starts as it should has started by then."""
INTERVAL_SECONDS = 5.0

log = logging.getLogger(__name__)


async def keep_mounts(client: Client, cache: Cache) -> None:
    """Never returns."""
    while True:
        await asyncio.sleep(INTERVAL_SECONDS)
        for key, pod in cache.starting_pods():
            if (datetime.now(UTC) - pod.created).total_seconds() > PATIENCE_SECONDS:
                await _ask(client, cache, key, pod)


async def _ask(client: Client, cache: Cache, key: JobKey, pod: Pod) -> None:
    selector = f"involvedObject.uid={pod.uid},reason=FailedMount"
    try:
        found = await client.request("GET", collection("CoreEvent", key.namespace), query={"fieldSelector": selector})
    except (ApiError, Unreachable) as error:
        log.warning("events of pod %s cannot be read: %s", pod.name, error)
        return
    events = sorted(found["items"], key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime")))
    if events:
        cache.put_failed_mount(key, pod.uid, events[-1].get("message", ""))
