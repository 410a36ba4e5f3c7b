"""What two members say to each other when they meet; and how each, without telling the job's token, proves to know it.

    guest                        door
      │ ◄────── challenge ─────── │      this and the proofs only where the job has a token
      │ ── hello, challenge, ───► │
      │    proof                  │
      │ ◄───── hello, proof ───── │

A proof is an HMAC-SHA256 of the other's challenge, which is another one each time, of what is said with it, of who says
it, and of the door's address: whoever hands on what was said at his own door opens no other one with it.
"""

import hmac
import json
import secrets
import socket
from typing import NamedTuple

MOST_BYTES = 1 << 16
Address = tuple[str, int]


class Hello(NamedTuple):
    """What two members say to each other when they meet."""

    token: str
    """The team's, as of Members."""
    rank: int
    manager: str
    joins: int
    """As QuorumClient.joins, when the team was formed."""


class Guest(NamedTuple):
    """A member that came in at this worker's door."""

    hello: Hello
    connection: socket.socket
    challenge: str
    """To be answered with the own hello."""


class Stranger(ConnectionError):
    """Who does not know the job's token."""


def knock(connection: socket.socket, hello: Hello, door: Address, job_token: str | None) -> Hello:
    """The guest's part; what the other says. Raises OSError, also for a stranger, ValueError and TypeError."""
    if job_token is None:
        _say(connection, *hello)
        return _hello(_heard(connection))
    (theirs,) = _heard(connection)
    own = secrets.token_hex(16)
    _say(connection, *hello, own, _proof(job_token, "guest", door, str(theirs), hello))
    *words, proof = _heard(connection)
    return _proved(_hello(words), proof, _proof(job_token, "door", door, own, _hello(words)))


def let_in(connection: socket.socket, door: Address, job_token: str | None) -> Guest:
    """The first half of the door's part: who it is that knocks; raises as `knock` does."""
    if job_token is None:
        return Guest(_hello(_heard(connection)), connection, "")
    own = secrets.token_hex(16)
    _say(connection, own)
    *words, theirs, proof = _heard(connection)
    hello = _proved(_hello(words), proof, _proof(job_token, "guest", door, own, _hello(words)))
    return Guest(hello, connection, str(theirs))


def answer(guest: Guest, hello: Hello, door: Address, job_token: str | None) -> None:
    """The second half, once it is known that both are of one team; raises OSError."""
    proofs = [] if job_token is None else [_proof(job_token, "door", door, guest.challenge, hello)]
    _say(guest.connection, *hello, *proofs)


def _proof(job_token: str, who: str, door: Address, challenge: str, hello: Hello) -> str:
    said = json.dumps([who, *door, challenge, *hello])
    return hmac.digest(job_token.encode(), said.encode(), "sha256").hex()


def _proved(hello: Hello, proof: object, wanted: str) -> Hello:
    if not hmac.compare_digest(str(proof).encode(), wanted.encode()):
        raise Stranger("somebody came who does not know the job's token")
    return hello


def _hello(words: list[object]) -> Hello:
    token, rank, manager, joins = words
    return Hello(str(token), int(str(rank)), str(manager), int(str(joins)))


def _say(connection: socket.socket, *words: object) -> None:
    connection.sendall(json.dumps(words).encode() + b"\n")


def _heard(connection: socket.socket) -> list[object]:
    """One line. Byte by byte: what follows it belongs to the team."""
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = connection.recv(1)
        if not byte or len(line) > MOST_BYTES:
            raise ConnectionError("no member's words")
        line += byte
    words = json.loads(line)
    if not isinstance(words, list):
        raise TypeError("no member's words")
    return words
