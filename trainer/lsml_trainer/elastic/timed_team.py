"""A team, and how long its exchanges took."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from lsml_trainer.elastic.team import Arrays, Team

T = TypeVar("T")


class TimedTeam:
    """A Team that passes everything on."""

    def __init__(self, team: Team, clock: Callable[[], float]) -> None:
        self._team = team
        self._clock = clock
        self.exchange_seconds = 0.0

    @property
    def size(self) -> int:
        """How many workers."""
        return self._team.size

    def total(self, parts: Sequence[Arrays]) -> Arrays:
        """The sum over all shards."""
        return self._timed(self._team.total, parts)

    def gather(self, parts: Sequence[Arrays]) -> Sequence[Arrays]:
        """One entry for each shard of the job."""
        return self._timed(self._team.gather, parts)

    def _timed(self, exchange: Callable[[Sequence[Arrays]], T], parts: Sequence[Arrays]) -> T:
        started = self._clock()
        result = exchange(parts)
        self.exchange_seconds += self._clock() - started
        return result
