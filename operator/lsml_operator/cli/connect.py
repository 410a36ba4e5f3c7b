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
    _leave_out_what_nobody_calls()
    from lsml_operator.client import Client  # noqa: PLC0415  (takes long)

    file = None if where.kubeconfig is None else os.fspath(where.kubeconfig)
    client, namespace = await Client.of_user(file, where.context)
    try:
        yield Connection(client, where.namespace or namespace)
    finally:
        await client.close()


def _leave_out_what_nobody_calls() -> None:
    """What kubernetes/__init__.py and kubernetes/aio/__init__.py import, requests, OAuth and a dynamic client with it.

    That is a quarter of what a command takes. So the packages are there without having been run, and
    `kubernetes.aio.client` and `.config` need nothing of the rest.
    """
    for name in ("kubernetes", "kubernetes.aio"):
        spec = find_spec(name)
        if spec is not None:
            sys.modules.setdefault(name, module_from_spec(spec))
