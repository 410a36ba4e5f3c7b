"""Asks why pods that have a machine do not start, for ever: only the kubelet's events say which volume is missing."""

import asyncio
from datetime import UTC, datetime

from lsml_operator.client import Client
from lsml_operator.observe.cache import Cache
from lsml_operator.observe.events import events

PATIENCE_SECONDS = 5.0
"""A pod that starts as it should has started by then."""
INTERVAL_SECONDS = 5.0


async def keep_mounts(client: Client, cache: Cache) -> None:
    """Never returns."""
    while True:
        await asyncio.sleep(INTERVAL_SECONDS)
        for key, pod in cache.starting_pods():
            if (datetime.now(UTC) - pod.created).total_seconds() > PATIENCE_SECONDS:
                said = await events(client, key.namespace, f"involvedObject.uid={pod.uid},reason=FailedMount")
                if said:
                    cache.put_failed_mount(key, pod.uid, said[-1].get("message", ""))
