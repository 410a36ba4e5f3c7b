"""Server-sent events: what changed, as it changes, for one reader whose rights are looked at again each time."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from lsml_operator.client import ApiError, Unreachable
from lsml_operator.dashboard.board import Board, Named

APART_SECONDS = 1.0
"""Changes that come closer together are sent together."""
QUIET_SECONDS = 15.0
"""So often something is sent: proxies end what is silent, and rights and tokens end, too."""

Message = tuple[str, Any]
"""The event's name, and its data."""


async def stream(
    request: web.Request, board: Board, look: Callable[[], Awaitable[Message | None]]
) -> web.StreamResponse:
    """Send what `look` finds, now and after each change, until the reader goes or `look` raises."""
    first = await look()
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    await response.prepare(request)
    try:
        await _send(response, first)
        while True:
            await board.news(QUIET_SECONDS)
            await asyncio.sleep(APART_SECONDS)
            await _send(response, await look())
    except (ConnectionError, web.HTTPException, ApiError, Unreachable):  # the reader has gone, or has to ask anew
        return response


async def _send(response: web.StreamResponse, message: Message | None) -> None:
    if message is None:
        await response.write(b": still here\n\n")
        return
    name, data = message
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    await response.write(f"event: {name}\ndata: {text}\n\n".encode())


class RowsSent:
    """What one reader has been sent of the rows."""

    def __init__(self) -> None:
        self._sent: dict[Named, int] = {}
        self._whole = True

    def news(self, board: Board, namespaces: set[str]) -> Message | None:
        """The rows that are new to the reader, and the names of those that went; at first all of them."""
        now = {named: (version, row) for named, version, row in board.rows(namespaces)}
        rows = [row for named, (version, row) in now.items() if self._sent.get(named) != version]
        gone = [list(named) for named in self._sent.keys() - now.keys()]
        whole, self._whole = self._whole, False
        self._sent = {named: version for named, (version, _) in now.items()}
        return ("jobs", {"rows": rows, "gone": gone, "whole": whole}) if whole or rows or gone else None
