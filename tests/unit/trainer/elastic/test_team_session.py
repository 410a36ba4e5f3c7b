"""A team goes on whenever its coordinator is lost, whomever it has answered before, and whoever comes or goes then.

Real sessions, doors and connections; the coordinators are told when to die. A test that waits in vain has found two
who wait for each other.
"""

import time
from collections.abc import Callable, Iterator
from threading import Event, Thread

import numpy as np
import pytest

from lsml_trainer.elastic import meeting, mesh, quorum, team_session
from lsml_trainer.elastic.standing import Standing
from lsml_trainer.elastic.team import Arrays, TeamBroken
from lsml_trainer.elastic.team_session import TeamSession
from unit.trainer.elastic.fake_coordinator import Coordinator, Service

SOME_BLOCKS = 5


class OverError(Exception):
    """The test has ended."""


class Worker:
    """Makes blocks of one exchange; its position is their number."""

    def __init__(self, name: str) -> None:
        self.blocks, self.generation, self.size, self.failed = 0, 0, 0, False
        self._over = Event()
        self._thread = Thread(target=self._work, args=(name,), daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join(20)

    def _work(self, name: str) -> None:
        try:
            session = TeamSession("coordinator:1", "127.0.0.1", name, 4, self, self._waiting)
        except OverError:
            return
        try:
            while True:
                self._waiting()
                self._block(session)
        except OverError:
            pass
        except BaseException:
            self.failed = True
            raise
        finally:
            session.close()

    def _block(self, session: TeamSession) -> None:
        try:
            team = session.join()
            told = team.gather_bytes(b"%d" % self.blocks)
            assert set(told) == {b"%d" % self.blocks}
        except TeamBroken as error:
            session.broken(error)
        if session.commit():
            self.blocks, self.size = self.blocks + 1, team.size

    def _waiting(self) -> None:
        time.sleep(0.005)
        if self._over.is_set():
            raise OverError

    # As a Traveller

    def standing(self) -> Standing:
        return Standing(1, self.blocks, 1, self.generation)

    def give(self) -> Arrays:
        return {"blocks": np.array([float(self.blocks)])}

    def take(self, arrays: Arrays) -> None:
        self.blocks = int(arrays["blocks"][0])

    def enter(self, generation: int) -> None:
        assert generation > self.generation
        self.generation = generation


class Job:
    """Workers by name, and their coordinator."""

    def __init__(self) -> None:
        self.service = Service()
        self.coordinator = self.service.start()
        self.workers: dict[str, Worker] = {}

    def join(self, *names: str) -> None:
        self.workers |= {name: Worker(name) for name in names}

    def until(self, holds: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + 20
        while not holds():
            assert time.monotonic() < end, what
            assert not any(worker.failed for worker in self.workers.values())
            time.sleep(0.005)

    def goes_on(self, *names: str, of: int) -> None:
        """Some blocks of each, in a team of that size."""
        self.until(lambda: all(self.workers[name].size == of for name in names), f"{names} are together")
        before = {name: self.workers[name].blocks for name in names}
        self.until(lambda: all(self.workers[n].blocks >= before[n] + SOME_BLOCKS for n in names), f"{names} go on")

    def loses(self, coordinator: Coordinator, answered: set[str] | None) -> None:
        """Before it answers anybody, or after it has answered those."""
        if answered is None:
            self.service.kill(coordinator)
        else:
            self.service.dies_when_it_has_answered(coordinator, answered)
            self.until(lambda: self.service.has_died(coordinator), "it has answered for the last time")


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> Iterator[Job]:
    made = Job()
    monkeypatch.setattr(quorum, "torchft_extension", lambda: made.service)
    monkeypatch.setattr(quorum, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(mesh, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(meeting, "MEETING_SECONDS", 1.0)
    made.join("a", "b")
    made.goes_on("a", "b", of=2)
    yield made
    for worker in made.workers.values():
        worker.end()


def nobody_comes(job: Job) -> None:
    job.goes_on("a", "b", of=2)


def the_next_comes_at_once(job: Job) -> None:
    job.service.start()
    job.goes_on("a", "b", of=2)


def the_next_hears_only_one_at_first(job: Job) -> None:
    successor = job.service.start(only={"b"})
    job.until(lambda: job.workers["b"].size == 1, "b is put into a team of its own")
    job.service.all_reach(successor)
    job.goes_on("a", "b", of=2)


def another_worker_comes(job: Job) -> None:
    job.join("c")
    job.goes_on("a", "b", of=2)
    job.service.start()
    job.goes_on("a", "b", "c", of=3)


def a_worker_leaves(job: Job) -> None:
    job.workers["b"].end()
    job.service.start()
    job.goes_on("a", of=1)


def the_next_is_lost_as_well(job: Job) -> None:
    successor = job.service.start()
    job.goes_on("a", "b", of=2)
    job.loses(successor, {"b"})
    job.goes_on("a", "b", of=2)
    job.service.start()
    job.goes_on("a", "b", of=2)


THEN = (
    nobody_comes,
    the_next_comes_at_once,
    the_next_hears_only_one_at_first,
    another_worker_comes,
    a_worker_leaves,
    the_next_is_lost_as_well,
)
ANSWERED: dict[str, set[str] | None] = {"nobody": None, "neither": set(), "a": {"a"}, "b": {"b"}, "both": {"a", "b"}}


@pytest.mark.parametrize("then", THEN, ids=lambda then: then.__name__)
@pytest.mark.parametrize("answered", ANSWERED.values(), ids=ANSWERED)
def test_a_team_goes_on_whomever_its_coordinator_answered_last(
    job: Job, answered: set[str] | None, then: Callable[[Job], None]
) -> None:
    """38"""
    job.loses(job.coordinator, answered)
    then(job)


@pytest.mark.parametrize("answered", [{"a"}, {"c"}, {"a", "b"}, {"b", "c"}, {"a", "b", "c"}], ids=sorted)
def test_who_was_let_in_while_some_have_not_heard_of_it_is_let_in_by_the_next_coordinator(
    job: Job, answered: set[str]
) -> None:
    job.service.dies_when_it_has_answered(job.coordinator, answered, of=3)
    job.join("c")
    job.until(lambda: job.service.has_died(job.coordinator), "it has answered for the last time")
    job.service.start()
    job.goes_on("a", "b", "c", of=3)


def test_a_coordinator_that_was_stopped_is_not_waited_for_and_goes_on(job: Job) -> None:
    job.service.stop(job.coordinator)
    job.goes_on("a", "b", of=2)
    job.service.stop(job.coordinator, stopped=False)
    job.join("c")
    job.goes_on("a", "b", "c", of=3)


def test_one_that_was_stopped_and_replaced_puts_nobody_at_another_position(job: Job) -> None:
    """Whoever came meanwhile is with the next one, and takes the others' position when the old one is gone."""
    job.service.stop(job.coordinator)
    job.service.start()
    job.join("c")
    job.goes_on("c", of=1)
    job.service.stop(job.coordinator, stopped=False)
    job.goes_on("a", "b", of=2)
    job.service.kill(job.coordinator)
    job.goes_on("a", "b", "c", of=3)


@pytest.mark.parametrize(("asked", "is_with_us"), [(None, False), (6, True), (7, True), (8, False)], ids=str)
def test_who_has_asked_in_a_later_block_went_on_without_this_worker(
    monkeypatch: pytest.MonkeyPatch, asked: int | None, is_with_us: bool
) -> None:
    """One that has not asked in this block, since nobody coordinates, is in it all the same."""
    monkeypatch.setattr(team_session, "joins_of", lambda _: asked)
    hello = meeting.Hello("team", 1, "manager", 4)
    assert team_session._is_with_us(hello, blocks=3) is is_with_us
