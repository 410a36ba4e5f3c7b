"""The logical shards: stable row ranges, a power of two of them, whoever holds them."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Shard


def cut(x_ND: NDArray[np.float64], y_N: NDArray[np.float64] | NDArray[np.int64], shards: int) -> tuple[Shard, ...]:
    """The rows in `shards` ranges whose lengths differ by one at most; views, no copies."""
    assert (shards & -shards) == shards > 0, "the number of shards is a power of two"
    rows = len(y_N)
    edges = [rows * index // shards for index in range(shards + 1)]
    return tuple(Shard(index, x_ND[begin:end], y_N[begin:end]) for index, (begin, end) in enumerate(pairwise(edges)))
