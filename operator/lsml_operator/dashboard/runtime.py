"""The dashboard's parts, joined and running: watches fill the board, the board is served."""

import asyncio
import time
from collections.abc import Callable

from aiohttp import web

from lsml_operator.client import Client, wait_for_the_resource
from lsml_operator.dashboard.access import Access
from lsml_operator.dashboard.app import Dashboard
from lsml_operator.dashboard.board import Board
from lsml_operator.labels import JOB
from lsml_operator.mirror import mirror
from lsml_operator.paths import collection

DEAF_SECONDS = 90.0
STOP_SECONDS = 1.0
"""Readers are not waited for: they come back by themselves."""


async def run(client: Client, port: int, namespace: str | None, told: asyncio.Event) -> None:
    """Serve until told to stop; raises what ended a part that should never end."""
    board, hearing = Board(time.time), Hearing()
    app = Dashboard(client, board, Access(client), hearing.ill).app()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    await web.TCPSite(runner, port=port).start()
    tasks = [asyncio.create_task(_watch(client, board, namespace, hearing)), asyncio.create_task(told.wait())]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await runner.cleanup()
        await client.close()


class Hearing:
    """When each watch was last heard."""

    def __init__(self) -> None:
        self._heard: dict[str, float] = {}

    def of(self, kind: str) -> Callable[[], None]:
        """To be called whenever that watch is heard."""
        return lambda: self._heard.update({kind: time.monotonic()})

    def ill(self) -> str | None:
        """Which watch hangs."""
        now = time.monotonic()
        deaf = {kind: now - heard for kind, heard in self._heard.items() if now - heard > DEAF_SECONDS}
        return "".join(f"the watch of {kind} has hung for {seconds:.0f} s\n" for kind, seconds in deaf.items()) or None


async def _watch(client: Client, board: Board, namespace: str | None, hearing: Hearing) -> None:
    """Never returns."""
    await wait_for_the_resource(client, lambda: None)
    jobs, pods = collection("TrainingJob", namespace), collection("Pod", namespace)
    await asyncio.gather(
        mirror(client, jobs, {}, board.replace_jobs, board.take_job, hearing.of("jobs")),
        mirror(client, pods, {"labelSelector": JOB}, board.replace_pods, board.take_pod, hearing.of("pods")),
    )
