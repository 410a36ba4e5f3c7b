"""A worker's question for its team, asked of a real quorum service."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any

import pytest

from lsml_trainer.elastic import quorum
from lsml_trainer.elastic.quorum import Members, QuorumClient, joins_of
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


def whole() -> bool:
    """A team that nobody has left."""
    return True


def torn() -> bool:
    """One that somebody has left."""
    return False


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


def test_a_team_goes_on_as_it_is_while_nobody_answers(client: QuorumClient, coordinator: Coordinator) -> None:
    """38"""
    team = client.ask(0, 0)
    coordinator.kill()
    assert [client.ask(step, 0, together=whole) for step in range(1, 4)] == [team] * 3
    assert joins_of(client.manager) == 2, "it stays asked what it asked then"
    assert client.joins == 4


def test_who_is_in_no_team_waits_for_a_coordinator(client: QuorumClient, coordinator: Coordinator) -> None:
    client.ask(0, 0)
    coordinator.kill()
    client._waiting = tired_after(2)
    with pytest.raises(TiredError):
        client.ask(1, 0)


def test_whose_team_somebody_has_left_waits_for_a_coordinator(client: QuorumClient, coordinator: Coordinator) -> None:
    """A step of the team as it was would be in vain, however long it takes."""
    client.ask(0, 0)
    coordinator.kill()
    client.ask(1, 0, together=whole)
    client._waiting = tired_after(3)
    with pytest.raises(TiredError):
        client.ask(2, 0, together=torn)


def test_a_question_is_asked_for_as_long_as_it_takes(
    client: QuorumClient, coordinator: Coordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quorum, "QUORUM_LIMIT", timedelta(milliseconds=50))
    client.ask(0, 0)
    coordinator.kill()
    client._waiting = tired_after(3)
    with pytest.raises(TiredError):
        client.ask(1, 0)
    assert client._question is not None
    assert client._question.running()


def test_who_leaves_waits_for_no_answer(coordinator: Coordinator) -> None:
    """Else its process would not end."""
    client = QuorumClient(f"127.0.0.1:{coordinator.port}", "w0", "127.0.0.1", 1, tired_after(1000))
    client.ask(0, 0)
    coordinator.kill()
    client.ask(1, 0, together=whole)
    asked = client._question
    assert asked is not None
    client.close()
    with pytest.raises(RuntimeError):
        asked.result(10)


class Answers:
    """In place of torchft's client: what is told here, in this order; it remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.told: SimpleQueue[int] = SimpleQueue()

    def _quorum(self, *, checkpoint_metadata: str, commit_failures: int, **_: Any) -> SimpleNamespace:
        self.asked.append((checkpoint_metadata, commit_failures))
        return SimpleNamespace(quorum_id=self.told.get(), replica_ids=["w0@127.0.0.1@1:uuid"])


@pytest.fixture
def answers(client: QuorumClient) -> Answers:
    """The client is in team 1, and has asked in its second block, unanswered."""
    made = client._client = Answers()
    client._id = "w0@127.0.0.1@1:uuid"
    made.told.put(1)
    client.ask(0, 0)
    client.ask(1, 0, together=whole)
    return made


def told_late(client: QuorumClient, answers: Answers, *teams: int) -> None:
    """The first of them before the next block begins."""
    for team in teams:
        answers.told.put(team)
    assert client._question is not None
    client._question.result(10)


def number_of(members: Members) -> int:
    return int(members.token.partition(" ")[0])


def test_a_team_that_is_torn_is_met_once_more_where_the_answer_says_so(client: QuorumClient, answers: Answers) -> None:
    """The block shows that it has broken, and that is told when it is asked next; else it would be asked for ever."""
    told_late(client, answers, 1, 1)
    assert number_of(client.ask(2, 0, together=torn)) == 1
    assert answers.asked == [("1", 0), ("2", 0), ("3", 0)]


def test_a_new_team_of_which_it_hears_late_is_taken_before_the_next_block(
    client: QuorumClient, answers: Answers
) -> None:
    told_late(client, answers, 2)
    assert number_of(client.ask(2, 0, together=whole)) == 2
    assert answers.asked == [("1", 0), ("2", 0)]


def test_what_it_knew_already_is_asked_anew_so_that_all_ask_at_once_again(
    client: QuorumClient, answers: Answers
) -> None:
    told_late(client, answers, 1, 1)
    assert number_of(client.ask(2, 0, together=whole)) == 1
    assert answers.asked == [("1", 0), ("2", 0), ("3", 0)]


def test_where_the_others_wait_no_longer_nobody_goes(
    client: QuorumClient, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quorum, "FRESH_SECONDS", 0.0)
    told_late(client, answers, 2, 3)
    assert number_of(client.ask(2, 0, together=whole)) == 3


@pytest.mark.parametrize("late", [1, 2], ids=["which it knew", "which is new"])
def test_a_team_that_has_broken_is_not_met_again(client: QuorumClient, answers: Answers, late: int) -> None:
    told_late(client, answers, late, 3)
    assert number_of(client.ask(2, 1)) == (3 if late == 1 else 2)
    assert answers.asked[2:] == ([("3", 1)] if late == 1 else [])


def test_nor_is_it_when_a_coordinator_that_counts_anew_gives_it_the_same_number(
    client: QuorumClient, answers: Answers
) -> None:
    told_late(client, answers, 2, 2, 3)
    client.ask(2, 0, together=whole)
    assert number_of(client.ask(3, 1)) == 3
    assert answers.asked[2:] == [("4", 1)] * 2
