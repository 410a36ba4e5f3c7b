"""What a network and its optimizer are to the training: replicated variables, a part of a step, the next variables.

Two of them: `mlp` by hand, and any torch.nn.Module. Neither knows shards, teams or epochs; imports no torch.
Shapes: N rows of one piece of a step, D features, P weights.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Labels
from lsml_trainer.elastic.team import Arrays

Floats: TypeAlias = NDArray[np.floating[Any]]
V = TypeVar("V")


class Piece(NamedTuple):
    """Rows that go through the network together, and where they stand: all that their random numbers depend on."""

    x_ND: Floats
    y_N: Labels
    share_N: Floats | float
    """What each row's loss counts in that of the step."""
    rows_share: float
    """These rows among those of the step."""
    step: int
    places: tuple[tuple[int, int], ...]
    """The shards that they are of, in their order, and how many rows each gives; one, where none are merged."""
    piece: int
    """Which of the pieces of these shards in this step."""
    weight: float
    """Of these rows: their number, where each counts once."""


class Learner(Protocol[V]):
    """Built from the specification and the Shape. Variables are never written to, and the same on every worker."""

    def start(self, agree: Callable[[Arrays], Arrays]) -> V:
        """The variables before the first step; `agree` gives to all workers what one of them has."""
        ...

    def parts(self, variables: V, pieces: Iterable[Piece]) -> Iterator[tuple[Piece, Arrays]]:
        """With each piece its share of the step's `loss` (1,), and of its `gradient` (P,); additive over pieces.

        The bits of a share do not depend on which pieces there are beside it.
        """
        ...

    def losses(self, variables: V, x_ND: Floats, y_N: Labels) -> NDArray[np.float64]:
        """Of each row, (N,), by the network as it predicts: without dropout, with the statistics that it has."""
        ...

    def no_rows(self, variables: V) -> Arrays:
        """The part of a shard that has no row in a step: zeros."""
        ...

    def next(self, variables: V, total: Arrays, gradient_P: Floats, step: int, factor: float) -> V:
        """The variables after the step; `factor` multiplies the learning rate."""
        ...

    def overflowed(self, variables: V) -> V | None:
        """The variables to go on with after a gradient that was not finite; None: nothing would help."""
        ...

    def squared_norm(self, variables: V) -> float:
        """Of the weights, in float32."""
        ...

    def dump(self, variables: V) -> Arrays:
        """Named arrays; float32 goes through float64 unchanged."""
        ...

    def load(self, arrays: Arrays) -> V:
        """What `dump` gave; other names are ignored."""
        ...

    def weights(self, variables: V) -> Arrays:
        """What prediction needs."""
        ...
