"""What others tell of an object by Events. Must not ask often: for each list the API server looks at every event."""

import logging

from lsml_operator.client import ApiError, Client, Unreachable
from lsml_operator.paths import collection
from lsml_operator.world import Object

log = logging.getLogger(__name__)


async def events(client: Client, namespace: str | None, selector: str) -> list[Object]:
    """Those that the field selector selects, the latest last; none where they cannot be read."""
    try:
        found = await client.request("GET", collection("CoreEvent", namespace), query={"fieldSelector": selector})
    except (ApiError, Unreachable) as error:
        log.warning("events (%s) cannot be read: %s", selector, error)
        return []
    return sorted(found["items"], key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime")))
