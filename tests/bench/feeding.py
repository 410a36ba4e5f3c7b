"""An epoch of shuffled batches in memory: what a step of ours reads, against torch's DataLoader in its settings.

Each reads every row once in an order of its own and sums one column, so that nothing is left out unnoticed.

A thirtieth of the loader's time with whole batches, 3.0 ms, is out of reach: shuffling 100,000 numbers takes 1.4 ms,
copying the rows 1.3 ms where they lie in order and 3.5 ms where they do not (21.6 MB of 216 bytes each), the sums
0.7 ms. The rest is Python's time, for 391 batches.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, TensorDataset

from bench.harness import Options, Row, compare, run
from lsml_trainer.algorithms.base import MemoryShard
from lsml_trainer.algorithms.batches import Batches

ROWS, FEATURES, BATCH = 100_000, 54, 256


def our_epoch(x: np.ndarray, y: np.ndarray) -> Callable[[], float]:
    """As `Algorithm.step` draws them, of one shard."""
    shard, batches, epochs = MemoryShard(0, x, y), Batches(0, BATCH, len(x)), iter(range(10**9))

    def epoch() -> float:
        begin = next(epochs) * batches.epoch_steps
        steps = range(begin, begin + batches.epoch_steps)
        return sum(float(shard.take(batches.of_shard(step, 0, (len(x),))).x_ND[:, 0].sum()) for step in steps)

    return epoch


def their_epoch(x: np.ndarray, y: np.ndarray, **settings: Any) -> Callable[[], float]:
    """As the DataLoader gives them."""
    data = TensorDataset(torch.tensor(x), torch.tensor(y))
    if settings.pop("whole", False):  # the sampler gives batches, so that nothing is collated: its fastest way
        sampler = BatchSampler(RandomSampler(data), BATCH, drop_last=False)
        loader = DataLoader(data, sampler=sampler, batch_size=None, **settings)
    else:
        loader = DataLoader(data, batch_size=BATCH, shuffle=True, **settings)
    return lambda: sum(float(rows[:, 0].sum()) for rows, _ in loader)


def same_sum(ours: float, theirs: float) -> tuple[bool, str]:
    """Of a column over all rows."""
    return abs(ours - theirs) < 1e-3 * ROWS, f"sum {ours:.1f}, {theirs:.1f}"


def main(options: Options) -> Iterator[Row]:
    """Seconds an epoch."""
    random, rows = np.random.default_rng(0), options.rows(ROWS)
    x, y = random.standard_normal((rows, FEATURES)).astype(np.float32), random.integers(0, 7, rows)
    epochs = {
        "ours": our_epoch(x, y),
        "DataLoader": their_epoch(x, y),
        "DataLoader, 2 workers": their_epoch(x, y, num_workers=2, persistent_workers=True),
        "DataLoader, whole batches": their_epoch(x, y, whole=True),
    }
    yield from compare(f"{rows:,} x {FEATURES} float32, batch {BATCH}", epochs, options, goal=1 / 30, quality=same_sum)


if __name__ == "__main__":
    run(__file__, main)
