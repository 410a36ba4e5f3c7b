"""Rows of which only what is not 0 is in memory (CSR), and the one place that says who reads them so.

Linear models take `x @ w` and `s.T @ x` of CSR rows as of dense ones. Whoever does more with features is a reader of
dense rows, and gets the same shards with the zeros written out, some rows at a time.
Shapes: N rows, D features.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms import base
from lsml_trainer.algorithms.base import Features, Labels, ReadsSparse, Rows, Shard, Unsuitable, chunk_rows, slices
from lsml_trainer.data.memory import available_bytes
from lsml_trainer.data.readers.libsvm import MOST_COLUMNS

if TYPE_CHECKING:
    from scipy.sparse import csr_array  # half a second, which only sparse data need

ENTRY_BYTES = 12
"""A value and the number of its column."""
COPIES = 3
"""Of rows that are taken at once: a kernel's are lifted, and kept in two precisions."""


@dataclass(frozen=True)
class SparseShard:
    """A Shard in memory whose Rows are CSR."""

    index: int
    x_ND: "csr_array"
    y_N: Labels
    weight_N: NDArray[np.float64] | None = None

    @property
    def rows(self) -> int:
        """As Shard."""
        return len(self.y_N)

    @property
    def cells(self) -> None:
        """As Shard."""
        return

    def chunks(self) -> Iterator[Rows]:
        """As Shard: as many rows as have the bytes of a dense chunk, or as many entries as features."""
        wanted = max(base.CHUNK_BYTES, ENTRY_BYTES * self.x_ND.shape[1])  # sums have a number for each feature
        step = max(1, wanted * self.rows // (ENTRY_BYTES * (self.x_ND.nnz + 1)))
        yield from map(self.take, slices(self.rows, step))

    def take(self, which: NDArray[np.int64] | slice) -> Rows:
        """As Shard; of a slice views of the entries, which scipy would copy."""
        weight_N = None if self.weight_N is None else self.weight_N[which]
        return Rows(_some(self.x_ND, which), self.y_N[which], weight_N)


def _some(x_ND: "csr_array", which: NDArray[np.int64] | slice) -> Features:
    if not isinstance(which, slice):
        chosen_ND: Features = x_ND[which]
        return chosen_ND
    begin, end, step = which.indices(x_ND.shape[0])
    assert step == 1, "rows in a line"
    start_N = x_ND.indptr[begin : max(begin, end) + 1]
    entries = slice(start_N[0], start_N[-1])
    some_ND: Any = type(x_ND)((len(start_N) - 1, x_ND.shape[1]), dtype=x_ND.dtype)
    some_ND.data, some_ND.indices, some_ND.indptr = x_ND.data[entries], x_ND.indices[entries], start_N - start_N[0]
    rows_ND: Features = some_ND  # of what it is given at once the constructor would copy a part
    return rows_ND


@dataclass(frozen=True)
class DenseShard:
    """The same rows with their zeros; what was written out is not kept."""

    sparse: SparseShard

    @property
    def index(self) -> int:
        """As Shard."""
        return self.sparse.index

    @property
    def rows(self) -> int:
        """As Shard."""
        return self.sparse.rows

    @property
    def cells(self) -> None:
        """As Shard."""
        return

    def chunks(self) -> Iterator[Rows]:
        """As Shard: those of a MemoryShard, to the bit."""
        step = chunk_rows(self.sparse.x_ND.shape[1], self.sparse.x_ND.dtype.itemsize)
        yield from map(self.take, slices(self.rows, step))

    def take(self, which: NDArray[np.int64] | slice) -> Rows:
        """As Shard, a copy; raises Unsuitable where so many zeros, and what is made of them, do not fit into memory."""
        x_ND, y_N = self.sparse.x_ND[which], self.sparse.y_N[which]
        wanted = COPIES * len(y_N) * x_ND.shape[1] * x_ND.dtype.itemsize
        if wanted > COPIES * base.CHUNK_BYTES and wanted > (there := available_bytes()):
            raise Unsuitable(
                f"{len(y_N)} rows of {x_ND.shape[1]} features are wanted at once, {wanted / 1e9:.1f} GB when zeros are "
                f"written out and worked on, and {there / 1e9:.1f} GB are free; use sgd or gradientDescent, which keep "
                "them out"
            )
        return Rows(x_ND.toarray(), y_N)


def readable(shards: Sequence[Shard], reader: object) -> tuple[Shard, ...]:
    """The shards as this Algorithm or Predictor reads them; raises Unsuitable where its rows would be too long."""
    if isinstance(reader, ReadsSparse) and reader.reads_sparse:
        return tuple(shards)
    return tuple(_dense(shard) if isinstance(shard, SparseShard) else shard for shard in shards)


def _dense(shard: SparseShard) -> DenseShard:
    features = shard.x_ND.shape[1]
    if features > MOST_COLUMNS:
        raise Unsuitable(
            f"the data have {features} features, and this algorithm reads the zeros of a row, too, {MOST_COLUMNS} "
            "numbers at most; use sgd, gradientDescent with method: gradient, or svm with kernel: linear"
        )
    return DenseShard(shard)
