"""What a worker says is foreign: bounded in time and size, and never trusted further than its form."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import ClientTimeout, web
from aiohttp.test_utils import TestServer

from lsml_operator.job_token import job_token
from lsml_operator.observe import progress as module
from lsml_operator.observe.cache import Cache
from lsml_operator.observe.progress import MOST_BYTES, keep_progress
from lsml_trainer.spec import Report
from unit.operator.builders import KEY, NOW, TOKEN_KEY, Json, a_job_body, a_pod_body, a_report

GOOD = a_report().to_json()


def says(text: str, code: int = 200) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def respond(_: web.Request) -> web.Response:
        return web.Response(text=text, status=code)

    return respond


async def in_pieces(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for at in range(0, len(GOOD), 40):
        await response.write(GOOD[at : at + 40].encode())
        await asyncio.sleep(0.001)
    return response


async def never(_: web.Request) -> web.Response:
    await asyncio.sleep(30)
    return web.Response()


async def elsewhere(_: web.Request) -> web.Response:
    raise web.HTTPFound("/good")


async def breaks(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


ANSWERS: dict[str, tuple[Callable[[web.Request], Awaitable[web.StreamResponse]], Report | None]] = {
    "a report": (says(GOOD), a_report()),
    "a report in pieces": (in_pieces, a_report()),
    "a report with words of a newer trainer": (says(GOOD[:-1] + ', "mood": "fine"}'), a_report()),
    "no JSON": (says("<html>"), None),
    "a number that is none": (says(GOOD.replace('"percent":50.0', '"percent":NaN')), None),
    "an absurd percentage": (says(GOOD.replace('"percent":50.0', '"percent":5000')), None),
    "too much": (says(GOOD + " " * MOST_BYTES), None),
    "an error": (says(GOOD, 500), None),
    "another address": (elsewhere, None),
    "nothing in time": (never, None),
    "a connection that breaks": (breaks, None),
}


@pytest.mark.parametrize(("respond", "wanted"), ANSWERS.values(), ids=ANSWERS)
async def test_asking_a_worker(
    respond: Callable[[web.Request], Awaitable[web.StreamResponse]],
    wanted: Report | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """FAULTS 52."""
    asked = asyncio.Event()

    async def progress(request: web.Request) -> web.StreamResponse:
        asked.set()
        return await respond(request)

    app = web.Application()
    app.add_routes([web.get("/progress", progress), web.get("/good", says(GOOD))])
    server = TestServer(app, host="127.0.0.1")
    await server.start_server(shutdown_timeout=0.01)
    monkeypatch.setattr(module, "PROGRESS_PORT", server.port)
    monkeypatch.setattr(module, "TIMEOUT", ClientTimeout(total=0.02 if respond is never else 10))
    heard = asyncio.Event()
    cache = Cache(lambda _: heard.set())
    cache.put_job(a_job_body())
    cache.replace_pods([a_pod_body(ip="127.0.0.1")])
    heard.clear()
    asking = asyncio.create_task(keep_progress(cache, 30))
    try:
        await asyncio.wait_for(asked.wait(), 60)
        if wanted is not None:
            await asyncio.wait_for(heard.wait(), 60)
        else:
            await asyncio.sleep(0.05)
        assert not asking.done()
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await server.close()
    world = cache.observe(KEY, NOW)
    assert world is not None
    assert world.report == wanted


async def test_a_worker_that_is_not_there_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROGRESS_PORT", 1)
    cache = Cache(lambda _: None)
    cache.put_job(a_job_body())
    cache.replace_pods([a_pod_body(ip="127.0.0.1"), a_pod_body(1, ip="::1")])
    asking = asyncio.create_task(keep_progress(cache, 0.001))
    await asyncio.sleep(0.05)
    assert not asking.done()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)


SHOWN: dict[str, tuple[Json, bytes | None, str | None]] = {
    "its job's": (a_pod_body(), TOKEN_KEY, f"Bearer {job_token(TOKEN_KEY, KEY)}"),
    "another's, which says that it belongs to ours": (
        a_pod_body(namespace="others"),
        TOKEN_KEY,
        f"Bearer {job_token(TOKEN_KEY, KEY._replace(namespace='others'))}",
    ),
    "none, as an operator of before made it": (a_pod_body(spec={"volumes": []}), TOKEN_KEY, None),
    "none, since the operator has no key": (a_pod_body(), None, None),
}


@pytest.mark.parametrize(("pod", "key", "wanted"), SHOWN.values(), ids=SHOWN)
async def test_a_pod_is_shown_the_token_of_its_own_job(
    pod: Json, key: bytes | None, wanted: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: asyncio.Queue[str | None] = asyncio.Queue()

    async def progress(request: web.Request) -> web.Response:
        seen.put_nowait(request.headers.get("Authorization"))
        return web.Response(text=GOOD)

    app = web.Application()
    app.add_routes([web.get("/progress", progress)])
    server = TestServer(app, host="127.0.0.1")
    await server.start_server(shutdown_timeout=0.01)
    monkeypatch.setattr(module, "PROGRESS_PORT", server.port)
    monkeypatch.setattr(module, "TIMEOUT", ClientTimeout(total=10))
    cache = Cache(lambda _: None)
    cache.token_key = key
    cache.replace_pods([{**pod, "status": {**pod["status"], "podIP": "127.0.0.1"}}])
    asking = asyncio.create_task(keep_progress(cache, 30))
    try:
        assert await asyncio.wait_for(seen.get(), 60) == wanted
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await server.close()
