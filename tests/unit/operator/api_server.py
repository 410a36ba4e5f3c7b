"""An API server on loopback that says what a test wrote down, over real HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes.aio.client import Configuration

from lsml_operator.client import Client
from unit.operator.builders import Json

Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    body: Any
    content_type: str
    query: dict[str, str]


@dataclass
class ApiServer:
    """Answers each request with the next of its answers."""

    client: Client
    answers: list[Respond] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def says(self, body: Json, code: int = 200, **headers: str) -> "ApiServer":
        """The next answer: a document."""

        async def respond(_: web.Request) -> web.Response:
            return web.json_response(body, status=code, headers={n.replace("_", "-"): v for n, v in headers.items()})

        self.answers.append(respond)
        return self

    def refuses(self, code: int, reason: str = "", message: str = "no", **headers: str) -> "ApiServer":
        """The next answer: a Status."""
        body = {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message}
        return self.says(body, code, **headers)

    def says_text(self, text: str, code: int) -> "ApiServer":
        """The next answer: of something that is no API server."""

        async def respond(_: web.Request) -> web.Response:
            return web.Response(text=text, status=code)

        self.answers.append(respond)
        return self

    def streams(self, *chunks: bytes, cut: bool = False) -> "ApiServer":
        """The next answer: a watch, in these pieces; then the connection breaks, or ends in order."""

        async def respond(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(request)
            for chunk in chunks:
                await response.write(chunk)
                await asyncio.sleep(0)
            if cut and request.transport is not None:
                request.transport.abort()
            return response

        self.answers.append(respond)
        return self

    def hangs(self) -> "ApiServer":
        """The next answer never comes."""

        async def respond(_: web.Request) -> web.Response:
            await asyncio.sleep(30)
            return web.Response()

        self.answers.append(respond)
        return self


def lines(*events: Json) -> bytes:
    """The events of a watch."""
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


@asynccontextmanager
async def running() -> AsyncIterator[ApiServer]:
    """An API server, with a client of it."""
    configuration = Configuration()
    api = ApiServer(Client(configuration))

    async def answer(request: web.Request) -> web.StreamResponse:
        text = await request.text()
        api.asked.append(
            Asked(
                request.method,
                request.path,
                json.loads(text) if text else None,
                request.content_type,
                dict(request.query),
            )
        )
        return await api.answers.pop(0)(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server(shutdown_timeout=0.01)
    configuration.host = str(server.make_url("")).rstrip("/")
    try:
        yield api
    finally:
        await api.client.close()
        await server.close()
