"""Ports for the servers that tests start, all of which set SO_REUSEADDR as a server should."""

import socket


def free_port() -> int:
    """A port of 127.0.0.1 that nobody else on this machine is given as long as this process lives.

    It is held by a socket that is bound and does not listen: the kernel gives the port neither to another who asks for
    any nor to an outgoing connection, but lets a server listen there, and the next one when that has ended.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    port: int = holder.getsockname()[1]
    holder.detach()  # not closed: it holds the port
    return port
