"""A worker's question for its team, asked of a real quorum service."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from lsml_trainer.elastic.quorum import QuorumClient, address_of


class TiredError(Exception):
    """Nobody answered."""


def tired_after(looks: int) -> Any:
    """A `waiting` that gives up."""
    seen = count(1)

    def waiting() -> None:
        if next(seen) >= looks:
            raise TiredError

    return waiting


SERVICE = """
import sys
from lsml_trainer.elastic.torchft_extension import torchft_extension
bind = f"[::]:{sys.argv[1]}"
server = torchft_extension().LighthouseServer(bind=bind, min_replicas=1, join_timeout_ms=100, quorum_tick_ms=10)
sys.stdin.read()
"""


class Coordinator:
    """A quorum service in a process of its own: what dies with it are its connections, too."""

    def __init__(self, port: int) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", SERVICE, str(port)], stdin=subprocess.PIPE)

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


@pytest.fixture
def coordinator(port: int) -> Iterator[Coordinator]:
    process = Coordinator(port)
    yield process
    process.kill()


@pytest.fixture
def client(port: int, coordinator: Coordinator) -> Iterator[QuorumClient]:
    made = QuorumClient(f"127.0.0.1:{port}", "w0", "127.0.0.1", 1, tired_after(1000))
    yield made
    made.close()


def test_a_team_goes_on_as_it_is_while_nobody_coordinates(client: QuorumClient, coordinator: Coordinator) -> None:
    team = client.ask(0, 0, None)
    coordinator.kill()
    assert [client.ask(step, 0, team) for step in range(1, 4)] == [team] * 3
    assert client.joins == 2  # it stays asked


def test_who_is_in_no_team_waits_for_a_coordinator(client: QuorumClient, coordinator: Coordinator) -> None:
    client.ask(0, 0, None)
    coordinator.kill()
    client._waiting = tired_after(2)
    with pytest.raises(TiredError):
        client.ask(1, 0, None)


def test_the_next_coordinator_answers_what_the_lost_one_was_asked(
    client: QuorumClient, coordinator: Coordinator, port: int
) -> None:
    team = client.ask(0, 0, None)
    coordinator.kill()
    client.ask(1, 0, team)
    successor = Coordinator(port)
    try:
        answer = client.ask(2, 0, None)
        assert (answer.rank, answer.addresses) == (0, (("127.0.0.1", 1),))
        assert client._answer is None
    finally:
        successor.kill()


def test_a_coordinator_that_is_silent_may_have_put_others_together(
    client: QuorumClient, coordinator: Coordinator, port: int
) -> None:
    team = client.ask(0, 0, None)
    coordinator.kill()
    client._waiting = tired_after(2)
    with socket.create_server(("127.0.0.1", port)), pytest.raises(TiredError):
        client.ask(1, 0, team)


@pytest.mark.parametrize(
    ("text", "address"), [("10.0.0.1:29510", ("10.0.0.1", 29510)), ("[fd00::1]:29510", ("fd00::1", 29510))]
)
def test_an_address_is_read_as_it_is_written_in_a_url(text: str, address: tuple[str, int]) -> None:
    assert address_of(text) == address
