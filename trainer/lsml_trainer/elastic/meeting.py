"""How the members of a new team connect to each other. Knows addresses and teams; nothing of what is exchanged.

Every worker has one door for its whole life. The member of rank j knocks at the doors of all ranks below j and says
which team it comes for; the other answers with its own words. Whoever comes for another team is let go.
"""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Condition, Thread

from lsml_trainer.elastic.introduction import Address, Guest, Hello, answer, knock, let_in
from lsml_trainer.elastic.mesh import Link, Mesh
from lsml_trainer.elastic.quorum import Members
from lsml_trainer.elastic.team import TeamBroken

MEETING_SECONDS = 3.0
"""All have heard of the team at the same moment: who is not there after so long is not there."""
PROBE_SECONDS = 0.1
MOST_GUESTS = 256


class Door:
    """Where other workers come in; open until it is closed."""

    def __init__(self, host: str, job_token: str | None = None) -> None:
        """Others reach it at `host`; with a token it lets in only whoever proves to know it."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family, backlog=MOST_GUESTS)
        self.port: int = self._listener.getsockname()[1]
        self.job_token = job_token
        self.address: Address = (host, self.port)
        """As others call it."""
        self._guests: list[Guest] = []
        self._came = Condition()
        Thread(target=self._let_in, name="door", daemon=True).start()

    def guest(self, token: str, rank: int, seconds: float) -> Guest | None:
        """The member of that team and rank, if it is there within so long."""
        with self._came:
            self._came.wait_for(lambda: self._place(token, rank) is not None, seconds)
            place = self._place(token, rank)
            return None if place is None else self._guests.pop(place)

    def _place(self, token: str, rank: int) -> int | None:
        comers = enumerate(guest.hello for guest in self._guests)
        return next((place for place, hello in comers if (hello.token, hello.rank) == (token, rank)), None)

    def _let_in(self) -> None:
        while True:
            try:
                guest, _ = self._listener.accept()
            except OSError:  # closed
                return
            Thread(target=self._hear, args=(guest,), name="guest", daemon=True).start()

    def _hear(self, connection: socket.socket) -> None:
        try:
            connection.settimeout(MEETING_SECONDS)
            guest = let_in(connection, self.address, self.job_token)
        except (OSError, ValueError, TypeError):  # only looked whether the door is open, or is none of ours
            connection.close()
            return
        with self._came:
            self._guests.append(guest)
            while len(self._guests) > MOST_GUESTS:
                self._guests.pop(0).connection.close()
            self._came.notify_all()

    def close(self) -> None:
        """Let nobody in any more."""
        with suppress(OSError):  # wakes the thread that waits for a guest, without which the port stays open
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._came:
            for guest in self._guests:
                guest.connection.close()
            self._guests.clear()


def meet(
    members: Members,
    door: Door,
    hello: Hello,
    link: Callable[[socket.socket, Hello], Link],
    waiting: Callable[[], None],
) -> Mesh:
    """A mesh of all members; raises TeamBroken if one of them does not come."""
    links: list[Link | None] = [None] * members.size
    end = time.monotonic() + MEETING_SECONDS
    try:
        for rank, address in enumerate(members.addresses):
            if rank < members.rank:
                connection = socket.create_connection(address, timeout=MEETING_SECONDS)
                links[rank] = link(connection, hello)  # closed below, should the rest fail
                links[rank] = link(connection, knock(connection, hello, address, door.job_token))
            elif rank > members.rank:
                guest = _expected(door, members.token, rank, address, end)
                links[rank] = link(guest.connection, guest.hello)
                answer(guest, hello, door.address, door.job_token)
        return Mesh(members.rank, links, waiting)
    except (OSError, ValueError, TypeError) as error:
        for made in links:
            if made is not None:
                made.socket.close()
        raise TeamBroken(f"a member did not come: {error}") from error


def _expected(door: Door, token: str, rank: int, address: Address, end: float) -> Guest:
    """The member of that rank; raises OSError when it cannot come any more."""
    while time.monotonic() < end:
        found = door.guest(token, rank, PROBE_SECONDS)
        if found is not None:
            return found
        socket.create_connection(address, timeout=MEETING_SECONDS).close()  # refused at once if it died
    raise TimeoutError(f"member {rank} was waited for {MEETING_SECONDS:g} s")
