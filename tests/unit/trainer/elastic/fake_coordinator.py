"""Coordinators as torchft's are, in this process: each step of theirs can be the last one.

One answers once it hears no worker that has not asked, and all at once; it knows nothing of those before it. A worker
holds on to one as long as that lives, and what it asked there is asked of the next one.
"""

from threading import Condition
from types import SimpleNamespace
from typing import Any


class Coordinator:
    """One life."""

    def __init__(self, only: set[str] | None = None) -> None:
        """`only` these workers reach it, until `Service.all_reach_it`."""
        self.only = only
        self.is_stopped = False
        self.answers: set[str] | None = None
        """Whom the last answer reaches: with it, the coordinator is gone."""
        self.last_size: int | None = None
        """Of how many workers the team of that answer is; None: the next one is the last."""
        self._last: list[str] = []
        self._teams = 0

    def team(self, asked: dict[str, int]) -> SimpleNamespace:
        """Of all who have asked, each with its failures."""
        members = sorted(asked)
        if members != self._last or any(asked.values()):
            self._teams += 1
        self._last = members
        return SimpleNamespace(quorum_id=self._teams, replica_ids=members)


class Service:
    """The address of the coordinator there is; in place of torchft's extension module."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._current: Coordinator | None = None
        self._at: dict[str, Coordinator | None] = {}
        self._asked: dict[str, int] = {}
        self._answered: dict[str, SimpleNamespace] = {}
        self._published: dict[str, str] = {}

    # What happens to coordinators

    def start(self, only: set[str] | None = None) -> Coordinator:
        """The next one; whoever holds on to one that is stopped does not see it."""
        with self._changed:
            self._current = Coordinator(only)
            self._tick()
            return self._current

    def kill(self, coordinator: Coordinator) -> None:
        with self._changed:
            self._forget(coordinator)
            self._tick()

    def stop(self, coordinator: Coordinator, *, stopped: bool = True) -> None:
        """Or let it go on."""
        with self._changed:
            coordinator.is_stopped = stopped
            self._tick()

    def dies_when_it_has_answered(self, coordinator: Coordinator, names: set[str], of: int | None = None) -> None:
        """Those, and nobody else; of a team of that size, or of the next one."""
        with self._changed:
            coordinator.answers, coordinator.last_size = names, of

    def has_died(self, coordinator: Coordinator) -> bool:
        with self._changed:
            return self._current is not coordinator

    def all_reach(self, coordinator: Coordinator) -> None:
        with self._changed:
            coordinator.only = None
            self._tick()

    # What workers use

    def ManagerServer(self, *, replica_id: str, **_: Any) -> SimpleNamespace:
        with self._changed:
            if self._current is None:
                raise RuntimeError("nobody is there")
            self._at[replica_id] = None
            self._tick()
        return SimpleNamespace(address=lambda: replica_id, shutdown=lambda: self._leave(replica_id))

    def ManagerClient(self, address: str, **_: Any) -> SimpleNamespace:
        return SimpleNamespace(
            _quorum=lambda **words: self._quorum(address, **words),
            _checkpoint_metadata=lambda *_, **__: self._published.get(address, "gone"),
        )

    def _quorum(self, worker: str, *, checkpoint_metadata: str, commit_failures: int, **_: Any) -> SimpleNamespace:
        with self._changed:
            self._published[worker] = checkpoint_metadata
            self._asked[worker] = commit_failures
            self._tick()
            self._changed.wait_for(lambda: worker in self._answered or worker not in self._at)
            if worker not in self._at:
                raise RuntimeError("its own server is gone")
            return self._answered.pop(worker)

    def _leave(self, worker: str) -> None:
        with self._changed:
            known: tuple[dict[str, Any], ...] = (self._at, self._asked, self._answered, self._published)
            for words in known:
                words.pop(worker, None)
            self._tick()

    def _tick(self) -> None:
        for worker, at in self._at.items():
            if at is None and self._current is not None and _is_one_of(worker, self._current.only):
                self._at[worker] = self._current
        for coordinator in {at for at in self._at.values() if at is not None}:
            heard = [worker for worker, at in self._at.items() if at is coordinator]
            asked = {worker: self._asked[worker] for worker in heard if worker in self._asked}
            if len(asked) == len(heard) and not coordinator.is_stopped:
                self._answer(coordinator, asked)
        self._changed.notify_all()

    def _answer(self, coordinator: Coordinator, asked: dict[str, int]) -> None:
        team = coordinator.team(asked)
        is_last = coordinator.answers is not None and coordinator.last_size in (None, len(asked))
        for worker in asked:
            if not is_last or _is_one_of(worker, coordinator.answers):
                self._answered[worker] = team
                del self._asked[worker]
        if is_last:
            self._forget(coordinator)

    def _forget(self, coordinator: Coordinator) -> None:
        if self._current is coordinator:
            self._current = None
        self._at = {worker: None if at is coordinator else at for worker, at in self._at.items()}


def _is_one_of(worker: str, names: set[str] | None) -> bool:
    return names is None or worker.partition("@")[0] in names
