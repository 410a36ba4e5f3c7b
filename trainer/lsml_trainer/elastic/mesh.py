"""A connection between every two members of one team, over which each gives each other one message at a time.

    exchange   everybody sends, everybody receives; whoever is gone, stopped or elsewhere ends it for all

A member that is slow is waited for. One that died is noticed at once: its connection ends. One that was stopped, or
whose machine was cut off, does not answer when it is asked; one that went on without this worker says so: what was
computed together with it can not count any more.
"""

import select
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lsml_trainer.elastic.team import TeamBroken

PATIENCE_SECONDS = 1.0
"""Whoever lets the others wait for longer is asked whether it is still there."""
_LENGTH = struct.Struct("<Q")
_MOST_READ = 1 << 20

Bytes = bytes | bytearray | memoryview
IsWithUs = Callable[[], bool]


@dataclass
class Link:
    """The connection to one other member."""

    socket: socket.socket
    is_with_us: IsWithUs
    """Asks the member, by another way, whether it is in the same block."""


class Mesh:
    """The links of one member, by the rank of the other; None for itself."""

    def __init__(self, rank: int, links: Sequence[Link | None], waiting: Callable[[], None]) -> None:
        """`waiting` is called while others are waited for, and may raise."""
        self.rank = rank
        self.size = len(links)
        self._links = {other: link for other, link in enumerate(links) if link is not None}
        self._waiting = waiting
        for link in self._links.values():
            link.socket.setblocking(False)
            link.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def gather(self, content: Bytes) -> list[Bytes]:
        """What each member gives, in the order of their ranks; raises TeamBroken."""
        return self.exchange([content] * self.size)

    def exchange(self, outgoing: Sequence[Bytes]) -> list[Bytes]:
        """Gives `outgoing[r]` to rank r; what each gave to this member, in that order. Raises TeamBroken."""
        transfers = {}
        for other, link in self._links.items():
            transfers[link.socket.fileno()] = _Transfer(other, link, outgoing[other])
        try:
            self._transfer(transfers)
        except OSError as error:
            raise TeamBroken(f"a member is gone: {error}") from error
        received = list(outgoing)
        for transfer in transfers.values():
            received[transfer.other] = transfer.content
        return received

    def _transfer(self, transfers: dict[int, "_Transfer"]) -> None:
        poll, doubted = select.poll(), set[int]()
        for number, transfer in transfers.items():
            transfer.send()
            poll.register(number, transfer.events)
        missing = len(transfers)
        while missing:
            ready = poll.poll(PATIENCE_SECONDS * 1000)
            if not ready:
                self._doubt([transfer for transfer in transfers.values() if transfer.events], doubted)
            for number, _ in ready:
                transfer = transfers[number]
                before = transfer.events
                transfer.advance()
                if not transfer.events:
                    poll.unregister(number)
                    missing -= 1
                elif transfer.events != before:
                    poll.modify(number, transfer.events)

    def _doubt(self, late: Sequence["_Transfer"], doubted: set[int]) -> None:
        """Raises TeamBroken for a member that was not with us when it was asked twice.

        Twice, because one that has just ended the block goes on at once, and its message may still be under way.
        """
        self._waiting()
        for transfer in late:
            if transfer.link.is_with_us():
                doubted.discard(transfer.other)
            elif transfer.other in doubted:
                raise TeamBroken(f"member {transfer.other} does not answer, or went on without this worker")
            else:
                doubted.add(transfer.other)

    def is_whole(self) -> bool:
        """Whether no member has closed its connection, as who leaves or dies does. Between exchanges; asks nobody."""
        return not any(_is_closed(link.socket) for link in self._links.values())

    def close(self) -> None:
        """Whoever waits for this member is told at once."""
        for link in self._links.values():
            link.socket.close()


class _Transfer:
    """One message to a member and one from it."""

    def __init__(self, other: int, link: Link, outgoing: Bytes) -> None:
        self.other = other
        self.link = link
        self.content: bytearray = bytearray()
        content = memoryview(outgoing).cast("B")
        self._out = [memoryview(_LENGTH.pack(len(content))), content]
        self._into = memoryview(bytearray(_LENGTH.size))
        self._read = 0
        self._knows_length = False
        self._is_read = False

    @property
    def events(self) -> int:
        """What to wait for; 0 when all is done."""
        return (0 if self._is_read else select.POLLIN) | (select.POLLOUT if self._out else 0)

    def advance(self) -> None:
        """As far as it goes without waiting; raises OSError."""
        self.send()
        if not self._is_read:
            self._receive()

    def send(self) -> None:
        """As much as goes out without waiting; raises OSError."""
        while self._out:
            try:
                sent = self.link.socket.sendmsg(self._out)
            except BlockingIOError:
                return
            while self._out and sent >= len(self._out[0]):
                sent -= len(self._out.pop(0))
            if self._out:
                self._out[0] = self._out[0][sent:]

    def _receive(self) -> None:
        while True:
            while self._read < len(self._into):
                try:
                    count = self.link.socket.recv_into(self._into[self._read : self._read + _MOST_READ])
                except BlockingIOError:
                    return
                if count == 0:
                    raise ConnectionError(f"member {self.other} closed its connection")
                self._read += count
            if self._knows_length:
                self._is_read = True
                return
            (length,) = _LENGTH.unpack(self._into)
            self.content, self._knows_length, self._read = bytearray(length), True, 0
            self._into = memoryview(self.content)


def _is_closed(connection: socket.socket) -> bool:
    try:
        return not connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
