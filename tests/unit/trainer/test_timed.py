"""A timed shard gives the same rows, and the wait for them is counted."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.testing import assert_array_equal

from lsml_trainer.algorithms.base import MemoryShard, Rows
from lsml_trainer.data.timed import Stopwatch, timed


class Slow(MemoryShard):
    """Rows that take 2 s to come, by a clock of the test's."""

    now = 0.0

    def chunks(self) -> Iterator[Rows]:
        for chunk in super().chunks():
            Slow.now += 2.0
            yield chunk

    def take(self, which: Any) -> Rows:
        Slow.now += 2.0
        return MemoryShard(self.index, self.x_ND, self.y_N).take(which)


def test_the_wait_is_counted_and_not_what_is_done_with_the_rows() -> None:
    stopwatch = Stopwatch(lambda: Slow.now)
    (shard,) = timed([Slow(3, np.arange(6.0).reshape(3, 2), np.arange(3.0))], stopwatch)
    assert (shard.index, shard.rows, shard.cells) == (3, 3, None)
    assert_array_equal(shard.take(slice(1, 3)).y_N, [1.0, 2.0])
    assert stopwatch.seconds == 2.0
    for chunk in shard.chunks():
        Slow.now += 100.0
        assert_array_equal(chunk.y_N, [0.0, 1.0, 2.0])
    assert stopwatch.seconds == 6.0  # 2 s for the chunk, and 2 s for the take that it is made by
