"""A connection as kubectl would make it. The client, which takes long to import, is imported here and nowhere else."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
    from lsml_operator.client import Client  # noqa: PLC0415  (takes long)

    file = None if where.kubeconfig is None else os.fspath(where.kubeconfig)
    client, namespace = await Client.of_user(file, where.context)
    try:
        yield Connection(client, where.namespace or namespace)
    finally:
        await client.close()
