"""A worker's question for its team, asked of a real quorum service."""

import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from lsml_trainer.elastic import quorum
from lsml_trainer.elastic.quorum import QuorumClient
from ports import free_port

SERVICE = """
import sys
from lsml_trainer.elastic.torchft_extension import torchft_extension
bind = f"[::]:{sys.argv[1]}"
server = torchft_extension().LighthouseServer(bind=bind, min_replicas=1, join_timeout_ms=100, quorum_tick_ms=10)
sys.stdin.read()
"""


class TiredError(Exception):
    """Nobody answered."""


def tired_after(looks: int) -> Any:
    """A `waiting` that gives up."""
    seen = count(1)

    def waiting() -> None:
        if next(seen) >= looks:
            raise TiredError

    return waiting


class Coordinator:
    """A quorum service in a process of its own: what dies with it are its connections, too."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process = subprocess.Popen([sys.executable, "-c", SERVICE, str(self.port)], stdin=subprocess.PIPE)

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def coordinator() -> Iterator[Coordinator]:
    process = Coordinator()
    yield process
    process.kill()


@pytest.fixture
def client(coordinator: Coordinator) -> Iterator[QuorumClient]:
    made = QuorumClient(f"127.0.0.1:{coordinator.port}", "w0", "127.0.0.1", 1, tired_after(1000))
    yield made
    made.close()


def test_who_is_not_answered_for_long_lets_the_others_go(
    client: QuorumClient, coordinator: Coordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """38: they may have been answered, and wait for this worker."""
    told: list[str] = []
    assert client.ask(0, 0, lambda: told.append("late")).size == 1
    assert not told, "an answer in time"
    coordinator.kill()
    monkeypatch.setattr(quorum, "LATE_SECONDS", 0.0)
    client._waiting = tired_after(3)
    with pytest.raises(TiredError):
        client.ask(1, 0, lambda: told.append("late"))
    assert told == ["late", "late"]


def test_who_leaves_waits_for_no_answer(coordinator: Coordinator) -> None:
    """Else its process would not end, as long as nobody coordinates."""
    client = QuorumClient(f"127.0.0.1:{coordinator.port}", "w0", "127.0.0.1", 1, tired_after(1000))
    client.ask(0, 0)
    coordinator.kill()
    client._waiting = tired_after(1)
    with pytest.raises(TiredError):
        client.ask(1, 0)
    (asking,) = client._asking._threads
    client.close()
    asking.join(20)
    assert not asking.is_alive()
