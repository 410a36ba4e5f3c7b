"""Who holds which shards, and the fixed tree that sums over them. Pure: no team, no I/O.

The sum over L shards (a power of two) is taken along one binary tree, whoever holds them. A worker holds a contiguous
range of shards, sums the largest whole subtrees within it, and everybody combines those sums further up the tree:

    level 3                  o                 8 shards, two workers with the ranges [0, 5) and [5, 8):
    level 2          o               o         the first sums (2, 0) and (0, 4),
    level 1      o       o       o       o     the second (0, 5) and (1, 3);
    shards      0 1     2 3     4 5     6 7    together they have all that is needed for the root.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lsml_trainer.elastic.team import Arrays, add, tree_sum


class Node(NamedTuple):
    """A subtree: the 2^level shards from place * 2^level on."""

    level: int
    place: int

    @property
    def shards(self) -> range:
        """Those below it."""
        return range(self.place << self.level, (self.place + 1) << self.level)


def owned(rank: int, members: int, shards: int) -> range:
    """The shards of one of the members: contiguous, in order, sizes differing by one at most."""
    return range(rank * shards // members, (rank + 1) * shards // members)


def subtrees(held: range) -> tuple[Node, ...]:
    """The fewest whole subtrees that make up a contiguous range."""
    nodes, start = [], held.start
    while start < held.stop:
        level = (start & -start).bit_length() - 1 if start else held.stop.bit_length()
        while start + (1 << level) > held.stop:
            level -= 1
        nodes.append(Node(level, start >> level))
        start += 1 << level
    return tuple(nodes)


def partial_sums(held: range, parts: Sequence[Arrays]) -> dict[Node, Arrays]:
    """The sums over the subtrees of a range, from one entry a shard of it, or from themselves."""
    sums, nodes = {}, subtrees(held)
    if len(parts) == len(nodes):
        return dict(zip(nodes, parts, strict=True))
    for node in nodes:
        first = node.shards.start - held.start
        sums[node] = tree_sum(parts[first : first + len(node.shards)])
    return sums


def combined(sums: Mapping[Node, Arrays], root: Node) -> Arrays:
    """The sum over the root's shards, from those of subtrees that cover it."""
    if root in sums:
        return sums[root]
    assert root.level > 0, f"shard {root.place} is held by nobody"
    below = root.level - 1
    return add(combined(sums, Node(below, 2 * root.place)), combined(sums, Node(below, 2 * root.place + 1)))
