"""The operator over HTTP: whether it lives (/healthz), whether it sees (/readyz), what it counts (/metrics)."""

from collections.abc import Callable

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST


async def serve(
    port: int, registry: CollectorRegistry, ill: Callable[[], str | None], ready: Callable[[], bool]
) -> web.AppRunner:
    """Start serving; `ill` says what is wrong, None if nothing is. The runner is for stopping."""

    async def healthz(_: web.Request) -> web.Response:
        wrong = ill()
        return web.Response(text=wrong or "ok\n", status=500 if wrong else 200)

    async def readyz(_: web.Request) -> web.Response:
        return web.Response(text="ok\n" if ready() else "pods are not listed yet\n", status=200 if ready() else 503)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, port=port).start()
    return runner
