"""`python -m lsml_operator.dashboard`."""

import asyncio
import logging
import os
import signal

from lsml_operator.client import Client
from lsml_operator.dashboard.runtime import run


async def _until_told_to_stop() -> None:
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    client = await Client.connect()
    port, namespace = int(os.environ.get("LSML_HTTP_PORT") or 8082), os.environ.get("LSML_WATCH_NAMESPACE") or None
    await run(client, port, namespace, told)


if __name__ == "__main__":
    logging.basicConfig(
        level=os.environ.get("LSML_LOG_LEVEL", "info").upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    asyncio.run(_until_told_to_stop())
