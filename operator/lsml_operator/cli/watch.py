"""`lsml watch JOB`: live until the job has ended; plain lines where nobody looks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from lsml_operator.cli.connect import Connection, connected
from lsml_operator.cli.ends import End, Ended, command
from lsml_operator.cli.options import Context, JobName, Kubeconfig, Namespace, Where
from lsml_operator.cli.reading import Seen
from lsml_operator.cli.show.losses import Losses

if TYPE_CHECKING:
    from rich.console import Console

    from lsml_operator.cli.follow import Follower

TICK_SECONDS = 1.0
Timeout = Annotated[
    float | None, typer.Option("--timeout", min=0.0, metavar="SECONDS", help="Look no longer than this.")
]


@command
async def watch(
    job: JobName,
    give_up_seconds: Timeout = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> End:
    """Watch a job until it has ended; 0 if it succeeded, 1 if it failed."""
    async with connected(Where(namespace, context, kubeconfig)) as connection:
        return await watch_job(connection, job, give_up_seconds)


async def watch_job(connection: Connection, name: str, give_up_seconds: float | None, quiet: bool = False) -> End:
    """How the job ended; raises Ended if it is not there, or not in time. Quiet: only its end is told."""
    from lsml_operator.cli.follow import end_of, follower_of, until_end  # noqa: PLC0415  (takes long)
    from lsml_operator.cli.show.lines import end_line  # noqa: PLC0415  (imports rich)
    from lsml_operator.cli.terminal import console_on  # noqa: PLC0415  (imports rich)

    console = console_on()
    async with await follower_of(connection, name) as follower:
        shown = _nothing() if quiet else _screen(console, follower) if console.is_terminal else _lines(console)
        try:
            async with asyncio.timeout(give_up_seconds), shown as show:
                seen = await until_end(follower, show, TICK_SECONDS)
        except TimeoutError:
            raise Ended(End.TIMED_OUT, f"{name} has not ended within {give_up_seconds:g} s; it goes on") from None
    console.print(end_line(seen.job), soft_wrap=True)
    return end_of(seen.job) or End.DONE


@asynccontextmanager
async def _nothing() -> AsyncIterator[Callable[[Seen], None]]:
    yield lambda _: None


@asynccontextmanager
async def _lines(console: "Console") -> AsyncIterator[Callable[[Seen], None]]:
    """What is new, line by line."""
    from lsml_operator.cli.show.lines import Lines  # noqa: PLC0415  (imports rich)
    from lsml_operator.cli.terminal import now  # noqa: PLC0415  (imports rich)

    lines = Lines()

    def show(seen: Seen) -> None:
        for line in lines.new_in(seen, now()):
            console.print(line, soft_wrap=True)

    yield show


@asynccontextmanager
async def _screen(console: "Console", follower: "Follower") -> AsyncIterator[Callable[[Seen], None]]:
    """One screen that is drawn over itself."""
    from rich.console import Group  # noqa: PLC0415  (imports rich)
    from rich.live import Live  # noqa: PLC0415  (imports rich)
    from rich.text import Text  # noqa: PLC0415  (imports rich)

    from lsml_operator.cli.show.job import watch_screen  # noqa: PLC0415  (imports rich)
    from lsml_operator.cli.terminal import now  # noqa: PLC0415  (imports rich)

    losses = Losses()
    with Live(console=console, auto_refresh=False) as live:

        def show(seen: Seen) -> None:
            losses.see(seen.job)
            screen = watch_screen(seen, now(), losses.values, console.height)
            trouble = Text(f"nothing new is seen: {follower.trouble}", "yellow") if follower.trouble else Text()
            live.update(Group(screen, trouble), refresh=True)

        yield show
