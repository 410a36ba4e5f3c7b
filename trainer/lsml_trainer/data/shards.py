"""The logical shards: stable row ranges, a power of two of them, whoever holds them."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Features, Labels, MemoryShard

Weights = NDArray[np.float64]


def cut(x_ND: Features, y_N: Labels, shards: int, weight_N: Weights | None = None) -> tuple[MemoryShard, ...]:
    """The rows in `shards` ranges whose lengths differ by one at most; views, no copies."""
    ranges = [slice(begin, end) for begin, end in pairwise(edges(len(y_N), shards))]
    return tuple(
        MemoryShard(index, x_ND[rows], y_N[rows], None if weight_N is None else weight_N[rows])
        for index, rows in enumerate(ranges)
    )


def edges(rows: int, shards: int) -> list[int]:
    """Where each shard begins, and where the last one ends."""
    assert (shards & -shards) == shards > 0, "the number of shards is a power of two"
    return [rows * index // shards for index in range(shards + 1)]
