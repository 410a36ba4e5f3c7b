"""A line to a server on which everything arrives late, in both directions: a proxy in a process of its own."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

MOST = 1 << 16


@contextmanager
def slow_line(server: tuple[str, int], seconds: float) -> Iterator[int]:
    """The port of a line to the server; each byte arrives so much later than it was sent."""
    command = [sys.executable, __file__, *map(str, (*server, seconds))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


async def serve(host: str, port: int, seconds: float) -> None:
    """Says its port, and passes on what comes, until it is killed."""

    async def open_line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(host, port)
        await asyncio.gather(late(reader, there_writer, seconds), late(there_reader, writer, seconds))

    listening = await asyncio.start_server(open_line, "127.0.0.1", 0)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """All that is read is written so much later."""
    loop = asyncio.get_running_loop()
    while content := await read(reader):
        loop.call_later(seconds, writer.write, content)
    loop.call_later(seconds, writer.close)


async def read(reader: asyncio.StreamReader) -> bytes:
    """Nothing once the other side is gone, however it went."""
    try:
        return await reader.read(MOST)
    except ConnectionError:
        return b""


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
