"""`lsml top`: all jobs, a line each."""

import asyncio
from enum import StrEnum
from importlib import import_module
from typing import Annotated

import typer

from lsml_operator.cli.connect import connected
from lsml_operator.cli.ends import End, command
from lsml_operator.cli.options import Context, Kubeconfig, Namespace, Where
from lsml_operator.cli.reading import list_cells


class Order(StrEnum):
    """By what jobs are sorted."""

    NAME = "name"
    PHASE = "phase"
    WORKERS = "workers"
    PROGRESS = "progress"
    LOSS = "loss"
    ETA = "eta"
    RESTARTS = "restarts"
    AGE = "age"


@command
async def top(
    all_namespaces: Annotated[bool, typer.Option("--all-namespaces", "-A", help="Of all namespaces.")] = False,
    sort: Annotated[Order, typer.Option("--sort", help="What comes first is what needs a look.")] = Order.PHASE,
    reverse: Annotated[bool, typer.Option("--reverse", "-r", help="In the opposite order.")] = False,
    selector: Annotated[str | None, typer.Option("--selector", "-l", help="Only jobs with these labels.")] = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> End:
    """Show all jobs: phase, workers, progress, loss, time left, and what holds them back."""
    async with connected(Where(namespace, context, kubeconfig)) as connection:
        where = None if all_namespaces else connection.namespace
        listing = list_cells(connection, where, {"labelSelector": selector} if selector else {})
        jobs, _ = await asyncio.gather(listing, asyncio.to_thread(import_module, "lsml_operator.cli.show.top"))

    from lsml_operator.cli.show.top import rows_of, table  # noqa: PLC0415  (imports rich, while one waits for the jobs)
    from lsml_operator.cli.terminal import console_on  # noqa: PLC0415  (imports rich)

    console = console_on()
    rows = rows_of(jobs, sort.value, reverse)
    width = console.width if console.is_terminal else None
    console.print(table(rows, all_namespaces, width, where), soft_wrap=True)
    return End.DONE
