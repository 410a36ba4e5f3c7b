"""The rows of one pair of classes that this worker holds, and their products with the kernel.

Everything here can be made again from the shards and the replicated state, with the same bits.
Shapes: R rows of one shard that belong to the pair, B rows of the working set, D features, E lifted features.
"""

import operator
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Shard
from lsml_trainer.algorithms.cores import Cores
from lsml_trainer.algorithms.svm.state import Array, Indices, Problem, Search
from lsml_trainer.kernels import Kernel, Linear, Matrix, exact_diagonal, fill, tiles

KERNEL_ROWS = 512  # that a core takes at a time
LINEAR_ROWS = 16_384


class Part(NamedTuple):
    """A shard's rows of the pair: the slice from `start` to `stop` of the pair's rows."""

    start: int
    stop: int
    copies: int
    x_RD: Array
    """Each row once, however often it stands in the search."""
    left_RE: Matrix
    """Lifted, in the precision of the search."""

    def members(self, index_B: Indices) -> Array:
        """Those of the pair's rows `index_B`, ascending, that are in this part."""
        start, stop = np.searchsorted(index_B, (self.start, self.stop)).tolist()
        x_BD: Array = self.x_RD[(index_B[start:stop] - self.start) // self.copies]
        return x_BD


@dataclass
class LocalRows:
    """What this worker keeps by row: made again whenever pair, precision or shards change."""

    problem: Problem
    kernel: Kernel
    cores: Cores
    _made_of: tuple[int, bool, list[Shard]] = (-1, False, [])
    _parts: list[Part] = field(default_factory=list)
    _gram_of: tuple[int, bool, Indices] = (-1, False, np.empty(0, dtype=np.int64))
    _gram_BB: Matrix = field(default_factory=lambda: np.empty((0, 0)))
    _memory: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))

    def parts(self, search: Search, shards: Sequence[Shard]) -> list[Part]:
        """One Part for each shard, in order."""
        pair, precise, known = self._made_of
        same_shards = len(known) == len(shards) and all(map(operator.is_, known, shards))
        if not (pair == search.pair and precise == search.precise and same_shards):
            self._parts = [self._part(search, shard) for shard in shards]
            self._made_of = (search.pair, search.precise, list(shards))
        return self._parts

    def gram(self, search: Search, working_B: Indices, x_BD: Array) -> Matrix:
        """The kernel between all rows of the working set; kept as long as that does not change."""
        pair, precise, index_B = self._gram_of
        if not (pair == search.pair and precise == search.precise and np.array_equal(index_B, working_B)):
            self._gram_BB = self._empty(len(x_BD), _precision(search))
            self._fill_gram(x_BD)
            self._gram_of = (search.pair, search.precise, working_B)
        return self._gram_BB

    def _fill_gram(self, x_BD: Array) -> None:
        lifted = (self.kernel.left(x_BD), self.kernel.right(x_BD))
        left_BE, right_BE = (side.astype(self._gram_BB.dtype, copy=False) for side in lifted)

        def work(rows: slice) -> None:
            fill(self.kernel, left_BE[rows], right_BE, self._gram_BB[rows])

        self.cores.each(work, len(x_BD), KERNEL_ROWS)
        exact_diagonal(self.kernel, self._gram_BB)

    def kernel_sum(self, left_RE: Matrix, x_BD: Array, weight_B: Array) -> Array:
        """K(rows, x_BD) weight_B for lifted rows, block by block: the R x B matrix is never whole in memory.

        For the linear kernel in O((R + B) D): its matrix has rank D and is never formed.
        """
        right_BE = self.kernel.right(x_BD).astype(left_RE.dtype, copy=False)
        weight = weight_B.astype(left_RE.dtype)
        sum_R = np.zeros(len(left_RE))
        if isinstance(self.kernel, Linear):
            w_D = weight @ right_BE
            self.cores.each(lambda rows: np.matmul(left_RE[rows], w_D, out=sum_R[rows]), len(sum_R), LINEAR_ROWS)
            return sum_R

        def work(rows: slice) -> None:
            part_RE, part_R = left_RE[rows], sum_R[rows]
            for some, columns in tiles(len(part_RE), len(right_BE), left_RE.itemsize):
                tile = np.matmul(part_RE[some], right_BE[columns].T)
                part_R[some] += self.kernel.weighted(tile, weight[columns])

        self.cores.each(work, len(sum_R), KERNEL_ROWS)
        return sum_R

    def _empty(self, size: int, precision: type[np.floating[Any]]) -> Matrix:
        """A square matrix in memory that is used again: touching new memory takes as long as filling it."""
        size_bytes = size * size * np.dtype(precision).itemsize
        if self._memory.nbytes < size_bytes:
            self._memory = np.empty(size_bytes, np.uint8)
        return self._memory[:size_bytes].view(precision).reshape(size, size)

    def _part(self, search: Search, shard: Shard) -> Part:
        first = self.problem.first_row(shard.index)
        start, stop = np.searchsorted(search.row_P, (first, first + shard.rows)).tolist()
        copies = self.problem.copies
        all_of_it = stop - start == shard.rows * copies
        taken = shard.take(slice(None) if all_of_it else search.row_P[start:stop:copies] - first)
        x_RD = taken.x_ND.astype(np.float64, copy=False)
        return Part(start, stop, copies, x_RD, self.kernel.left(x_RD).astype(_precision(search), copy=False))


def _precision(search: Search) -> type[np.floating[Any]]:
    return np.float64 if search.precise else np.float32
