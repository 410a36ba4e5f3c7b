"""The events of one job, read when somebody looks at it."""

from collections.abc import Iterable

from lsml_operator.client import ApiError, Client
from lsml_operator.paths import collection
from lsml_operator.view.belongings import events_query
from lsml_operator.view.words import Object, dig

MOST = "200"
MOST_PODS = 4
"""Of those that do not run, whose events say why: the kubelet's and the scheduler's words."""


async def events_of(client: Client, job: Object, pods: Iterable[Object]) -> list[Object]:
    """Of the job, and of some of its pods that do not run; none where the dashboard itself may not read them."""
    metadata = job["metadata"]
    waiting = [pod["metadata"]["name"] for pod in pods if dig(pod, "status.phase") == "Pending"]
    asked = [events_query(metadata["name"]), *(events_query(name, kind="Pod") for name in waiting[:MOST_PODS])]
    found: list[Object] = []
    try:
        for query in asked:
            path = collection("CoreEvent", metadata["namespace"])
            found += (await client.request("GET", path, query={**query, "limit": MOST}))["items"]
    except ApiError as error:
        if error.code != 403:
            raise
    return found
