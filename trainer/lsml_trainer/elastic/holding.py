"""The shards that a worker holds: read when its range changes, counted by the ledger, merged for the steps if asked."""

from collections.abc import Callable, Sequence

from lsml_trainer.algorithms.base import Shard
from lsml_trainer.algorithms.merged import Merged
from lsml_trainer.elastic.ledger import Ledger
from lsml_trainer.elastic.tree import subtrees

ShardsOf = Callable[[range], Sequence[Shard]]
"""Reads the shards of a range; called anew when another range is held."""


class Holding:
    """Those of one worker."""

    def __init__(self, shards_of: ShardsOf, ledger: Ledger, *, merges: bool) -> None:
        self._shards_of, self._ledger, self._merges = shards_of, ledger, merges
        self._held = range(0)
        self.shards: Sequence[Shard] = ()
        """Each one."""
        self.for_steps: Sequence[Shard] = ()
        """What a step is given: the same, or those of a whole subtree as one."""

    def hold(self, held: range) -> None:
        """The shards are those of this range."""
        if held == self._held:
            return
        self._held, self.shards = held, self._ledger.watched(self._shards_of(held))
        self.for_steps = merged(held, self.shards) if self._merges else self.shards


def merged(held: range, shards: Sequence[Shard]) -> list[Shard]:
    """The shards of a range, those of a whole subtree as one."""
    parts = [shards[node.shards.start - held.start : node.shards.stop - held.start] for node in subtrees(held)]
    return [Merged(part) if len(part) > 1 else part[0] for part in parts]
