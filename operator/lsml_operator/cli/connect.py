"""A connection as kubectl would make it. The client, which takes long to import, is imported here and nowhere else."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING, NamedTuple

from lsml_operator.cli.options import Where

if TYPE_CHECKING:
    from lsml_operator.client import Client


class Connection(NamedTuple):
    """To whom a command speaks, and in which namespace."""

    client: "Client"
    namespace: str


@asynccontextmanager
async def connected(where: Where) -> AsyncIterator[Connection]:
    """A connection that is closed in the end."""
    _leave_out_the_blocking_client()
    from lsml_operator.client import Client  # noqa: PLC0415  (takes long)

    file = None if where.kubeconfig is None else os.fspath(where.kubeconfig)
    client, namespace = await Client.of_user(file, where.context)
    try:
        yield Connection(client, where.namespace or namespace)
    finally:
        await client.close()


def _leave_out_the_blocking_client() -> None:
    """Nobody calls what kubernetes/__init__.py imports, requests and OAuth with it: a quarter of what a command takes.

    So the package is there without having been run; its part `kubernetes.aio` needs nothing of the rest.
    """
    spec = find_spec("kubernetes")
    if spec is not None:
        sys.modules.setdefault("kubernetes", module_from_spec(spec))
