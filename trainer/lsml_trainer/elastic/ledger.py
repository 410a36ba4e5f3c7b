"""What a journey tells of its steps, so that they can be written down: `spec.ledger`. Writes nothing by itself."""

from collections.abc import Sequence
from typing import Protocol

from lsml_trainer.algorithms.base import Shard
from lsml_trainer.elastic.session import Membership


class Ledger(Protocol):
    """What a journey tells of its steps."""

    highest_generation: int
    """That is written already: those that follow are higher."""

    def watched(self, shards: Sequence[Shard]) -> Sequence[Shard]:
        """The same shards, whose rows are counted when they are taken."""
        ...

    def begin_block(self) -> None:
        """What was taken since the last block is forgotten, whether that one counts or not."""
        ...

    def begin_step(self, epoch: int | None) -> None:
        """The rows that are taken from now on are of this pass; None: passes are not counted."""
        ...

    def computed(self, generation: int, member: Membership, after: int, last: int) -> None:
        """The steps past `after` up to `last` are computed, and nobody knows of it yet. Raises OutputUnavailable."""
        ...

    def committed(self, step: int) -> None:
        """The steps up to this one count. Raises OutputUnavailable."""
        ...

    def ended(self, step: int, epochs: int | None) -> None:
        """The training is done after this step. Raises OutputUnavailable."""
        ...


class NoLedger:
    """Nobody asked."""

    highest_generation = 0

    def watched(self, shards: Sequence[Shard]) -> Sequence[Shard]:
        """As they are."""
        return shards

    def begin_block(self) -> None:
        """Nothing."""

    def begin_step(self, epoch: int | None) -> None:
        """Nothing."""

    def computed(self, generation: int, member: Membership, after: int, last: int) -> None:
        """Nothing."""

    def committed(self, step: int) -> None:
        """Nothing."""

    def ended(self, step: int, epochs: int | None) -> None:
        """Nothing."""
