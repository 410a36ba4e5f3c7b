"""`lsml logs JOB`: what all workers write, each line with the name of its worker."""

import asyncio
import sys
from collections.abc import Callable, Iterable
from itertools import cycle
from typing import Annotated

import typer

from lsml_operator.cli.connect import Connection, connected
from lsml_operator.cli.ends import End, command
from lsml_operator.cli.options import Context, JobName, Kubeconfig, Namespace, Where
from lsml_operator.cli.reading import see
from lsml_operator.paths import item
from lsml_operator.view.words import Object

COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "red")
POLL_SECONDS = 1.0
Write = Callable[[str, str], None]
"""Takes the name of a pod's part in the job, and a line."""


@command
async def logs(
    job: JobName,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the job has ended.")] = False,
    tail: Annotated[int, typer.Option("--tail", min=-1, help="Only so many last lines of each worker; -1: all.")] = -1,
    prefix: Annotated[bool, typer.Option(help="Put the worker's name before each line.")] = True,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> End:
    """Show what all workers of a job write; with -f also those that come later."""
    async with connected(Where(namespace, context, kubeconfig)) as connection:
        write = _writer() if prefix else _plain
        if follow:
            return await follow_logs(connection, job, tail, write)
        for pod in (await see(connection, job)).pods:
            await copy_log(connection, job, pod, {"tailLines": str(tail)} if tail >= 0 else {}, write)
    return End.DONE


async def follow_logs(connection: Connection, job: str, tail: int, write: Write) -> End:
    """Until the job has ended and all has been read; a pod that comes is found within a second."""
    from lsml_operator.cli.follow import end_of, follower_of  # noqa: PLC0415  (takes long)

    query = {"follow": "true"} | ({"tailLines": str(tail)} if tail >= 0 else {})
    readers: dict[str, asyncio.Task[None]] = {}

    def read(pods: Iterable[Object]) -> None:
        for pod in pods:
            uid = pod["metadata"]["uid"]
            if uid not in readers and has_begun(pod):
                readers[uid] = asyncio.create_task(copy_log(connection, job, pod, query, write))

    try:
        async with await follower_of(connection, job) as follower:
            while end_of(follower.seen.job) is None:
                read(follower.seen.pods)
                await follower.wait(POLL_SECONDS)
        read((await see(connection, job)).pods)  # and those that came and went since the last look
        await asyncio.gather(*readers.values())
    finally:
        for reader in readers.values():
            reader.cancel()
    return End.DONE


def has_begun(pod: Object) -> bool:
    """Whether there can be a log: before, the API server refuses to show one."""
    status: Object = pod.get("status") or {}
    states = [container.get("state") or {} for container in status.get("containerStatuses") or ()]
    return any("running" in state or "terminated" in state for state in states)


async def copy_log(connection: Connection, job: str, pod: Object, query: dict[str, str], write: Write) -> None:
    from lsml_operator.client import ApiError  # noqa: PLC0415  (takes long)

    name = str(pod["metadata"]["name"])
    role = name.removeprefix(f"{job}-")
    container = pod["spec"]["containers"][0]["name"]  # others may have been injected beside it
    path = item("Pod", connection.namespace, name) + "/log"
    try:
        async for line in connection.client.text_lines(path, {"container": container, **query}):
            write(role, line)
    except ApiError as error:
        if error.code in (401, 403):
            raise
        sys.stderr.write(f"{role}: no log: {error.message}\n")  # it has not begun, or is gone


def _plain(_: str, line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _writer() -> Write:
    """Each role has a colour of its own, as far as there are colours."""
    from rich.text import Text  # noqa: PLC0415  (imports rich)

    from lsml_operator.cli.terminal import console_on  # noqa: PLC0415  (imports rich)

    console, palette = console_on(), cycle(COLOURS)
    colours: dict[str, str] = {}

    def write(role: str, line: str) -> None:
        colour = colours.setdefault(role, next(palette) if role not in colours else "")
        console.print(Text.assemble((f"{role} | ", colour), Text.from_ansi(line)), soft_wrap=True)

    return write
