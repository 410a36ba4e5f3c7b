"""The fixed tree: the same bits, whoever holds the shards."""

import numpy as np
import pytest

from lsml_trainer.algorithms.base import MemoryShard
from lsml_trainer.algorithms.merged import members as members_of
from lsml_trainer.elastic.holding import merged
from lsml_trainer.elastic.team import Arrays, tree_sum
from lsml_trainer.elastic.tree import Node, combined, owned, partial_sums, subtrees


def parts_of(shards: int) -> list[Arrays]:
    """Numbers whose sum depends on the order in which they are added."""
    random = np.random.default_rng(shards)
    return [{"sum": random.normal(size=5) * 10.0 ** random.integers(-8, 8, size=5)} for _ in range(shards)]


@pytest.mark.parametrize("shards", [1, 2, 4, 8, 16, 64])
def test_any_number_of_members_gives_the_bits_of_one(shards: int) -> None:
    parts = parts_of(shards)
    alone = tree_sum(parts)["sum"]
    for members in range(1, shards + 3):
        sums: dict[Node, Arrays] = {}
        for rank in range(members):
            held = owned(rank, members, shards)
            sums |= partial_sums(held, parts[held.start : held.stop])
        together = combined(sums, Node(shards.bit_length() - 1, 0))["sum"]
        assert together.tobytes() == alone.tobytes(), members


@pytest.mark.parametrize("members", [1, 2, 3, 5, 8, 9])
def test_shards_that_are_merged_by_whole_subtrees_add_up_to_the_same(members: int) -> None:
    parts = parts_of(8)
    shards = [MemoryShard(index, np.zeros((index, 1)), np.zeros(index)) for index in range(8)]
    sums: dict[Node, Arrays] = {}
    for rank in range(members):
        held = owned(rank, members, 8)
        of_steps = merged(held, shards[held.start : held.stop])
        assert sum(shard.rows for shard in of_steps) == sum(held)
        sums |= partial_sums(held, [tree_sum([parts[one.index] for one in members_of(shard)]) for shard in of_steps])
    assert combined(sums, Node(3, 0))["sum"].tobytes() == tree_sum(parts)["sum"].tobytes()


def test_every_shard_is_held_once_and_members_differ_by_one_shard_at_most() -> None:
    for shards in (1, 8, 32):
        for members in range(1, 12):
            ranges = [owned(rank, members, shards) for rank in range(members)]
            assert [shard for held in ranges for shard in held] == list(range(shards))
            sizes = [len(held) for held in ranges]
            assert max(sizes) - min(sizes) <= 1


CUTS = {
    "nothing": (range(3, 3), ()),
    "everything": (range(8), (Node(3, 0),)),
    "the ranges of the picture, left": (range(5), (Node(2, 0), Node(0, 4))),
    "the ranges of the picture, right": (range(5, 8), (Node(0, 5), Node(1, 3))),
    "one that begins and ends between": (range(3, 13), (Node(0, 3), Node(2, 1), Node(2, 2), Node(0, 12))),
}


@pytest.mark.parametrize(("held", "nodes"), CUTS.values(), ids=CUTS)
def test_a_range_is_made_of_the_fewest_whole_subtrees(held: range, nodes: tuple[Node, ...]) -> None:
    assert subtrees(held) == nodes
