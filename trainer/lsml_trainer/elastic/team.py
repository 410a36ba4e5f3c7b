"""The team as an algorithm sees it: sums over all shards, whoever holds them. Knows nothing of any algorithm.

The reproducible reduction: the sum over the L logical shards (a power of two) is taken along a fixed binary tree,
    ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7)),
so its bits do not depend on how many workers hold the shards.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Arrays: TypeAlias = Mapping[str, NDArray[np.float64]]
"""Named arrays of float64, the only thing that workers exchange."""


class TeamBroken(Exception):
    """A member did not take part in an exchange: what was being computed is undone, and done again without it."""


class Team(Protocol):
    """Whoever takes part in a step."""

    @property
    def size(self) -> int:
        """How many workers."""
        ...

    def total(self, parts: Sequence[Arrays]) -> Arrays:
        """The sum over all shards of the job.

        `parts` holds one entry for each shard of this worker, in order, or for each of the largest whole subtrees of
        them, where those are merged.
        """
        ...

    def gather(self, parts: Sequence[Arrays]) -> Sequence[Arrays]:
        """One entry for each shard of the job, or for each that is merged, in the order of the shards."""
        ...


class Solo:
    """A team of one: this worker holds every shard."""

    size = 1

    def total(self, parts: Sequence[Arrays]) -> Arrays:
        """The tree's sum."""
        return tree_sum(parts)

    def gather(self, parts: Sequence[Arrays]) -> Sequence[Arrays]:
        """What was given."""
        return parts


def tree_sum(parts: Sequence[Arrays]) -> Arrays:
    """The sum along the fixed binary tree; the number of parts is a power of two."""
    level = list(parts)
    assert (len(level) & -len(level)) == len(level) > 0, "the number of shards is a power of two"
    while len(level) > 1:
        level = [add(left, right) for left, right in zip(level[::2], level[1::2], strict=True)]
    return level[0]


def summed(parts: Iterable[Arrays]) -> Arrays:
    """The sum in the order given, of at least one part."""
    return reduce(add, parts)


def add(left: Arrays, right: Arrays) -> Arrays:
    """Entry by entry."""
    return {name: left[name] + right[name] for name in left}
