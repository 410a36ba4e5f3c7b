"""Neighbouring shards whose rows go into one product: `reproducible: statistical`. Knows no team and no mathematics.

What is taken over a merged shard is, but for rounding, the sum over its members: each of them still draws its own rows,
by its own random numbers.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Rows, Shard, chunk_rows, joined
from lsml_trainer.algorithms.shuffle import Cells


class Merged:
    """A Shard that is several, one after the other."""

    def __init__(self, members: Sequence[Shard]) -> None:
        """Two at least."""
        self.members = tuple(members)
        self.index = members[0].index
        self._edges = np.cumsum([0, *(member.rows for member in members)])
        self.rows = int(self._edges[-1])

    @property
    def cells(self) -> Cells | None:
        """None: rows are drawn from the members."""
        return None

    def chunks(self) -> Iterator[Rows]:
        """As Shard; those of the members, but few rows are one chunk, which is kept."""
        yield from self._few or chain.from_iterable(member.chunks() for member in self.members)

    @cached_property
    def _few(self) -> list[Rows]:
        x_0D = self.members[0].take(slice(0, 0)).x_ND
        if self.rows > chunk_rows(x_0D.shape[1], x_0D.dtype.itemsize):
            return []
        return [joined([chunk for member in self.members for chunk in member.chunks()])]

    def take(self, which: NDArray[np.int64] | slice) -> Rows:
        """As Shard, of ascending numbers; a copy."""
        row_N = np.arange(self.rows)[which] if isinstance(which, slice) else which
        cuts = np.searchsorted(row_N, self._edges)
        return joined(
            [
                member.take(row_N[cuts[i] : cuts[i + 1]] - self._edges[i])
                for i, member in enumerate(self.members)
                if i == 0 or cuts[i] < cuts[i + 1]
            ]
        )


def members(shard: Shard) -> Sequence[Shard]:
    """The shards that draw rows of their own: of one that is not merged itself."""
    return shard.members if isinstance(shard, Merged) else (shard,)


def take_each(shard: Shard, row_MN: Sequence[NDArray[np.int64]]) -> Rows:
    """The rows of each of the members, one member after the other."""
    return joined([member.take(row_N) for member, row_N in zip(members(shard), row_MN, strict=True)])
