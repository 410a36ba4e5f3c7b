"""Members that know the job's token find one another; a stranger neither comes in nor is come to, whatever he heard."""

import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lsml_trainer.elastic.introduction import Guest, Hello, Stranger, answer, knock, let_in
from lsml_trainer.elastic.meeting import Door, meet
from lsml_trainer.elastic.mesh import Link
from lsml_trainer.elastic.quorum import Members
from lsml_trainer.elastic.team import TeamBroken

TOKEN, ANOTHER = "0123456789abcdef", "fedcba9876543210"
HOST, GUEST = Hello("team 7", 0, "http://10.0.0.1:1", 3), Hello("team 7", 1, "http://10.0.0.2:1", 5)
DOOR, OTHER_DOOR = ("10.0.0.1", 29600), ("10.0.0.9", 29600)


@pytest.fixture
def line() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connection: the guest's end and the door's."""
    ends = socket.socketpair()
    for end in ends:
        end.settimeout(20)
    yield ends
    for end in ends:
        end.close()


def opened(door: socket.socket, token: str | None) -> Guest:
    """All of the door's part; whoever is not let in finds it closed."""
    try:
        guest = let_in(door, DOOR, token)
        answer(guest, HOST, DOOR, token)
    except (OSError, ValueError, TypeError):
        door.close()
        raise
    return guest


def both(of_the_guest: Callable[[], Any], of_the_door: Callable[[], Any]) -> tuple[Any, Any]:
    """What came of each, an error for one that was raised."""
    with ThreadPoolExecutor(2) as pool:
        ends = [pool.submit(part) for part in (of_the_guest, of_the_door)]
        return tuple(end.exception(20) or end.result() for end in ends)  # type: ignore[return-value]


@pytest.mark.parametrize("token", [None, TOKEN], ids=["no token", "a token"])
def test_two_members_hear_each_other(line: tuple[socket.socket, socket.socket], token: str | None) -> None:
    guest, door = line
    heard, let = both(lambda: knock(guest, GUEST, DOOR, token), lambda: opened(door, token))
    assert (heard, let.hello, let.connection) == (HOST, GUEST, door)


def test_what_follows_the_words_is_left_to_the_team(line: tuple[socket.socket, socket.socket]) -> None:
    guest, door = line

    def goes_on() -> None:
        opened(door, TOKEN)
        door.sendall(b"first sums")

    both(lambda: knock(guest, GUEST, DOOR, TOKEN), goes_on)
    assert guest.recv(100) == b"first sums"


def test_who_knows_another_token_is_not_let_in(line: tuple[socket.socket, socket.socket]) -> None:
    guest, door = line
    heard, let = both(lambda: knock(guest, GUEST, DOOR, ANOTHER), lambda: opened(door, TOKEN))
    assert (type(let), str(let)) == (Stranger, "somebody came who does not know the job's token")
    assert isinstance(heard, ConnectionError)


def test_who_opens_without_knowing_the_token_is_not_believed(line: tuple[socket.socket, socket.socket]) -> None:
    guest, door = line

    def opens_to_all() -> None:
        door.sendall(b'["a challenge"]\n')
        door.recv(1 << 16)
        door.sendall(json.dumps([*HOST, "00" * 32]).encode() + b"\n")

    heard, _ = both(lambda: knock(guest, GUEST, DOOR, TOKEN), opens_to_all)
    assert isinstance(heard, Stranger)


def said_at(door: tuple[str, int], challenge: str) -> list[Any]:
    """What a member says who is challenged so by whoever it takes for that door."""
    ends = socket.socketpair()
    with ends[0], ends[1], ThreadPoolExecutor(1) as pool:
        ends[1].settimeout(20)
        pool.submit(knock, ends[0], GUEST, door, TOKEN)
        ends[1].sendall(json.dumps([challenge]).encode() + b"\n")
        words: list[Any] = json.loads(ends[1].makefile().readline())
        ends[1].shutdown(socket.SHUT_RDWR)
        return words


HANDED_ON: dict[str, Callable[[str], list[Any]]] = {
    "what a member said at his own door": lambda challenge: said_at(OTHER_DOOR, challenge),
    "what a member said before": lambda _: said_at(DOOR, "an older challenge"),
    "a member's proof, with other words": lambda challenge: [GUEST[0], 2, *said_at(DOOR, challenge)[2:]],
    "its own proof, which only a door gives": lambda challenge: [*GUEST, challenge, challenge],
    "no proof": lambda _: [*GUEST],
    "no words": lambda _: [],
}


@pytest.mark.parametrize("words", HANDED_ON.values(), ids=HANDED_ON)
def test_what_a_stranger_hands_on_opens_no_door(
    line: tuple[socket.socket, socket.socket], words: Callable[[str], list[Any]]
) -> None:
    guest, door = line

    def knocks() -> None:
        (challenge,) = json.loads(guest.makefile().readline())
        guest.sendall(json.dumps(words(challenge)).encode() + b"\n")

    _, let = both(knocks, lambda: opened(door, TOKEN))
    assert isinstance(let, (Stranger, ValueError))


def test_what_the_member_meant_for_this_door_does(line: tuple[socket.socket, socket.socket]) -> None:
    """Else the cases above would prove nothing."""
    guest, door = line

    def knocks() -> None:
        (challenge,) = json.loads(guest.makefile().readline())
        guest.sendall(json.dumps(said_at(DOOR, challenge)).encode() + b"\n")

    _, let = both(knocks, lambda: opened(door, TOKEN))
    assert let.hello == GUEST


@pytest.mark.parametrize("strangers_token", [None, ANOTHER], ids=["who knows none", "who knows another"])
def test_a_team_with_a_stranger_is_none(strangers_token: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that the quorum service counted in, since that wants no token."""
    monkeypatch.setattr("lsml_trainer.elastic.meeting.MEETING_SECONDS", 0.5)
    doors = [Door("127.0.0.1", TOKEN), Door("127.0.0.1", strangers_token)]
    addresses = tuple(door.address for door in doors)

    def comes(rank: int) -> object:
        hello = Hello("team 7", rank, f"manager-{rank}", 1)
        return meet(
            Members("team 7", rank, addresses), doors[rank], hello, lambda end, _: Link(end, bool), lambda: None
        )

    try:
        assert [type(end) for end in both(lambda: comes(0), lambda: comes(1))] == [TeamBroken, TeamBroken]
        assert doors[0].guest("team 7", 1, 0) is None
    finally:
        for door in doors:
            door.close()
