"""Asks why Kueue does not admit pods, for ever: only its events say how much of the quota is lacking.

They are of its Workloads, whose objects the operator has no right to read. One list is for all pods.
"""

import asyncio
from hashlib import sha1

from lsml_operator.client import Client
from lsml_operator.observe.cache import Cache
from lsml_operator.observe.events import events
from lsml_operator.world import Pod

INTERVAL_SECONDS = 10.0
SELECTOR = "involvedObject.kind=Workload,reason=Pending"


async def keep_quota(client: Client, cache: Cache, namespace: str | None) -> None:
    """Never returns."""
    while True:
        await asyncio.sleep(INTERVAL_SECONDS)
        pods = cache.queued_pods()
        if not pods:
            continue
        said = {
            (event["involvedObject"]["namespace"], event["involvedObject"]["name"]): event.get("message", "")
            for event in await events(client, namespace, SELECTOR)
        }
        for key, pod in pods:
            if words := said.get((key.namespace, workload_of(pod))):
                cache.put_quota(key, pod.uid, words)


def workload_of(pod: Pod) -> str:
    """The Workload of a pod, or of its group, as Kueue names it: pkg/controller/jobframework/workload_names.go."""
    if pod.group is not None:
        return pod.group
    digest = sha1(f"Pod\n\n{pod.name}\n{pod.uid}".encode(), usedforsecurity=False).hexdigest()
    return f"pod-{pod.name}-{digest[:5]}"
