"""Which rows a step reads, and every random number: functions of (seed, where). Knows nothing of networks or teams.

The rows of an epoch are dealt in one order over all shards: row j of a shard of n rows comes at (2j + 1) / 2n of the
epoch, ties by the shard's index. Step t gets the rows [t * batch, (t + 1) * batch) of that order. So every row counts
exactly once an epoch, every step but an epoch's last has exactly `batch` rows, each shard gives its share of them
(batch / L from each of L equal shards), and shards may be uneven or empty. Row j of a shard is the j-th of its own
shuffle (`shuffle.py`). (As an apportionment this is Webster's method: a larger house takes no seat away.)
"""

from enum import IntEnum
from functools import lru_cache, partial
from heapq import heapify, heapreplace

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.shuffle import Cells, Shuffle

_EXACT_BITS = 128
"""Two different places (2j + 1) / n differ by more than 2^-128, so the scaled integers are in the true order."""


class Purpose(IntEnum):
    """What random numbers are for; each purpose has streams of its own."""

    FIRST_WEIGHTS = 1
    ORDER = 2
    DROPOUT = 3
    VALIDATION = 4
    CELLS = 5


def random(seed: int, purpose: Purpose, time: int, place: int, part: int = 0) -> np.random.Generator:
    """The stream of (seed, purpose, time, place, part): 2^64 blocks of a counter that no other shares (Philox)."""
    return np.random.Generator(np.random.Philox(key=[seed, purpose], counter=[0, time, place, part]))


@lru_cache(maxsize=8)  # a step's end is the next step's beginning
def dealt(shard_rows: tuple[int, ...], count: int) -> tuple[int, ...]:
    """How many rows of each shard are among the first `count` rows of an epoch; O(shards * log(shards))."""
    if len(shard_rows) == 1:  # a third of what drawing a step's rows took
        return (count,)
    rows, shards = sum(shard_rows), len(shard_rows)
    # All rows placed before (count - shards / 2) / rows: rounding can not make them more than `count`.
    taken = [max(0, (2 * count * n - shards * n + rows) // (2 * rows)) for n in shard_rows]
    missing = count - sum(taken)
    if missing == 0:
        return tuple(taken)
    following = [(_place(j, n), index) for index, (j, n) in enumerate(zip(taken, shard_rows, strict=True)) if n > 0]
    heapify(following)
    for _ in range(missing):
        index = following[0][1]
        taken[index] += 1
        heapreplace(following, (_place(taken[index], shard_rows[index]), index))
    return tuple(taken)


def _place(row: int, rows: int) -> int:
    return ((2 * row + 1) << _EXACT_BITS) // rows


class Batches:
    """The rows of every step, by shard; keeps the shuffles of one epoch, which it can make again."""

    def __init__(self, seed: int, batch_rows: int, rows: int) -> None:
        self._seed, self._batch_rows, self._rows = seed, batch_rows, rows
        self.epoch_steps = -(-rows // batch_rows)
        self._epoch = -1
        self._shuffles: dict[tuple[int, int], Shuffle] = {}

    def rows(self, step: int) -> int:
        """Rows of a step, over all shards."""
        begin, end = self._bounds(step)
        return end - begin

    def rows_before(self, step: int) -> int:
        """Rows of all steps before this one, over all shards and epochs."""
        return step // self.epoch_steps * self._rows + self._bounds(step)[0]

    def of_shard(
        self, step: int, shard: int, shard_rows: tuple[int, ...], steps: int = 1, cells: Cells | None = None
    ) -> NDArray[np.int64]:
        """The rows that a shard gives to a step, or some of one epoch, (N,); `shard_rows` are the sizes of all."""
        begin, end = self._bounds(step)[0], self._bounds(step + steps - 1)[1]
        first, last = (dealt(shard_rows, count)[shard] for count in (begin, end))
        return self._shuffle(step // self.epoch_steps, shard, shard_rows[shard], cells).rows(first, last)

    def edges(self, step: int, steps: int, shard_rows: tuple[int, ...]) -> NDArray[np.int64]:
        """How many rows of each shard are dealt before each of these steps of one epoch, and after the last."""
        counts = [self._bounds(step + index)[0] for index in range(steps)] + [self._bounds(step + steps - 1)[1]]
        if len(shard_rows) == 1:
            return np.array(counts)[:, None]
        return np.array([dealt(shard_rows, count) for count in counts])

    def _bounds(self, step: int) -> tuple[int, int]:
        begin = step % self.epoch_steps * self._batch_rows
        return begin, min(begin + self._batch_rows, self._rows)

    def _shuffle(self, epoch: int, shard: int, rows: int, cells: Cells | None) -> Shuffle:
        if epoch != self._epoch:
            self._epoch, self._shuffles = epoch, {}
        if (shard, rows) not in self._shuffles:
            cells = cells or Cells(np.array([0, rows]), 1)
            order_C = random(self._seed, Purpose.CELLS, epoch, shard).permutation(len(cells.starts_C) - 1)
            stream = partial(random, self._seed, Purpose.ORDER, epoch, shard)
            self._shuffles[shard, rows] = Shuffle(cells, order_C, stream)
        return self._shuffles[shard, rows]
