"""Members exchange messages; whoever is gone, stopped or elsewhere ends it for all."""

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from lsml_trainer.elastic import mesh as mesh_module
from lsml_trainer.elastic.group_team import GroupTeam
from lsml_trainer.elastic.introduction import Hello
from lsml_trainer.elastic.meeting import Door, meet
from lsml_trainer.elastic.mesh import Link, Mesh
from lsml_trainer.elastic.quorum import Members
from lsml_trainer.elastic.team import TeamBroken, tree_sum


def meshes(
    size: int, is_with_us: Callable[[], bool] = lambda: True, waiting: Callable[[], None] = lambda: None
) -> list[Mesh]:
    """All members of a team, in one process."""
    links: list[list[Link | None]] = [[None] * size for _ in range(size)]
    for left in range(size):
        for right in range(left + 1, size):
            for (own, other), end in zip(((left, right), (right, left)), socket.socketpair(), strict=True):
                links[own][other] = Link(end, is_with_us)
    team = [Mesh(rank, links[rank], waiting) for rank in range(size)]
    OPEN.extend(team)
    return team


OPEN: list[Mesh | Door] = []


@pytest.fixture(autouse=True)
def local_and_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A pair of local sockets knows no TCP."""
    monkeypatch.setattr(mesh_module.socket, "TCP_NODELAY", socket.SO_KEEPALIVE)
    monkeypatch.setattr(mesh_module.socket, "IPPROTO_TCP", socket.SOL_SOCKET)
    yield
    while OPEN:
        OPEN.pop().close()


def together(works: list[Callable[[], Any]]) -> list[Any]:
    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result(20) for future in [pool.submit(work) for work in works]]


@pytest.mark.parametrize("sizes", [(0, 0), (3, 0, 70_000), (3_000_000, 2_000_000)], ids=str)
def test_everybody_gets_what_each_gives_however_long(sizes: tuple[int, ...]) -> None:
    team = meshes(len(sizes))
    gifts = [bytes([rank]) * size for rank, size in enumerate(sizes)]
    for _ in range(2):  # the next message begins where the last one ended
        received = together([lambda m=m: m.gather(gifts[m.rank]) for m in team])
        assert [[bytes(gift) for gift in one] for one in received] == [gifts] * len(sizes)


def test_each_may_give_each_something_else() -> None:
    received = together([lambda m=m: m.exchange([b"%d%d" % (m.rank, to) for to in range(3)]) for m in meshes(3)])
    assert [[bytes(gift) for gift in one] for one in received] == [
        [b"%d%d" % (giver, to) for giver in range(3)] for to in range(3)
    ]


def test_a_member_that_is_gone_is_noticed_at_once() -> None:
    one, other = meshes(2)
    other.close()
    with pytest.raises(TeamBroken, match="gone"):
        one.gather(b"x")


def test_a_team_is_whole_until_a_member_leaves_also_while_one_is_ahead() -> None:
    one, other, third = meshes(3)
    assert one.is_whole()
    other._links[0].socket.send(b"a message that begins the next exchange")
    assert one.is_whole()
    third.close()
    assert not one.is_whole()
    assert not other.is_whole()
    one.close()
    assert not one.is_whole()


def test_a_member_that_does_not_answer_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mesh_module, "PATIENCE_SECONDS", 0.01)
    one, _ = meshes(2, is_with_us=lambda: False)
    with pytest.raises(TeamBroken, match="member 1 does not answer, or went on"):
        one.gather(b"x")


def test_a_member_that_is_slow_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mesh_module, "PATIENCE_SECONDS", 0.01)
    looks = iter(range(5))
    late: list[Mesh] = []

    def waiting() -> None:
        if next(looks) == 4:
            late[0]._links[0].socket.sendall(b"\x01" + bytes(7) + b"y")

    one, other = meshes(2, waiting=waiting)
    late.append(other)
    assert bytes(one.gather(b"x")[1]) == b"y"


@pytest.mark.parametrize(("size", "shards"), [(1, 4), (2, 4), (3, 4), (4, 4), (5, 2)], ids=str)
def test_sums_have_the_bits_of_one_worker(size: int, shards: int) -> None:
    random = np.random.default_rng(1)
    parts = [{"a": random.normal(size=(3, 2)), "b": random.normal(size=1)} for _ in range(shards)]
    wanted = tree_sum(parts)
    teams = [GroupTeam(mesh, shards, 1) for mesh in meshes(size)]
    for total in together([lambda t=t: t.total([parts[i] for i in t.held]) for t in teams]):
        assert all(np.array_equal(total[name], wanted[name]) for name in ("a", "b"))


@pytest.mark.parametrize("job_token", [None, "abc"], ids=["no token", "a token"])
def test_members_meet_at_their_doors_and_strangers_are_let_go(job_token: str | None) -> None:
    doors = [Door("127.0.0.1", job_token) for _ in range(3)]
    OPEN.extend(doors)
    addresses = tuple(("127.0.0.1", door.port) for door in doors)

    def come(rank: int, token: str) -> Mesh:
        hello = Hello(token, rank, f"manager-{rank}", 1)
        members = Members(token, rank, addresses)
        return meet(members, doors[rank], hello, lambda end, _: Link(end, lambda: True), lambda: None)

    with socket.create_connection(addresses[0]) as stranger:
        stranger.sendall(b"GET / HTTP/1.1\n")
    for token in ("first", "second"):
        team = together([lambda rank=rank, token=token: come(rank, token) for rank in range(3)])
        received = together([lambda m=m: m.gather(b"%d" % m.rank) for m in team])
        assert [[bytes(gift) for gift in one] for one in received] == [[b"0", b"1", b"2"]] * 3
        OPEN.extend(team)


def test_a_member_that_died_before_it_came_breaks_the_team_at_once() -> None:
    door, gone = Door("127.0.0.1"), Door("127.0.0.1")
    OPEN.append(door)
    gone.close()
    for rank in (0, 1):
        others = (("127.0.0.1", door.port), ("127.0.0.1", gone.port))[:: 1 if rank == 0 else -1]
        with pytest.raises(TeamBroken, match="did not come"):
            meet(
                Members("t", rank, others),
                door,
                Hello("t", rank, "", 1),
                lambda end, _: Link(end, lambda: True),
                lambda: None,
            )
