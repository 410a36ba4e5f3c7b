"""How long a worker waits for its rows where they are read whenever they are wanted. Changes none of them."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Rows, Shard
from lsml_trainer.algorithms.shuffle import Cells

Clock = Callable[[], float]


class Stopwatch:
    """Seconds that somebody waited."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.seconds = 0.0


class TimedShard:
    """A Shard; whoever waits for its rows is timed."""

    def __init__(self, shard: Shard, stopwatch: Stopwatch) -> None:
        self._shard, self._stopwatch = shard, stopwatch
        self.index = shard.index

    @property
    def rows(self) -> int:
        """As Shard."""
        return self._shard.rows

    @property
    def cells(self) -> Cells | None:
        """As Shard."""
        return self._shard.cells

    def chunks(self) -> Iterator[Rows]:
        """As Shard."""
        chunks = self._shard.chunks()
        while True:
            started = self._stopwatch.clock()
            chunk = next(chunks, None)
            self._stopwatch.seconds += self._stopwatch.clock() - started
            if chunk is None:
                return
            yield chunk

    def take(self, which: NDArray[np.int64] | slice) -> Rows:
        """As Shard."""
        started = self._stopwatch.clock()
        rows = self._shard.take(which)
        self._stopwatch.seconds += self._stopwatch.clock() - started
        return rows


def timed(shards: Sequence[Shard], stopwatch: Stopwatch) -> tuple[Shard, ...]:
    """The same shards."""
    return tuple(TimedShard(shard, stopwatch) for shard in shards)
