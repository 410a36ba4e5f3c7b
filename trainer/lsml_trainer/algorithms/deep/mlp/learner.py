"""A Learner for a fully connected network by hand. The last bits of a product depend on its shape: that of a shard's
piece is the same whoever holds it.

Shapes: S pieces of a step, N rows of each, D features, P weights.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Labels
from lsml_trainer.algorithms.batches import Purpose, random
from lsml_trainer.algorithms.deep.learner import Floats, Piece
from lsml_trainer.algorithms.deep.mlp.losses import loss_of
from lsml_trainer.algorithms.deep.mlp.network import Network
from lsml_trainer.algorithms.deep.mlp.optimizers import Memory, rule_of
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.spec.deep_learning import DeepLearning

TOGETHER_NUMBERS = 1 << 16
"""Of a layer's outputs, of the pieces that go together at a time: more would leave the processor's caches."""


class Variables(NamedTuple):
    """Float32, never written to."""

    weights_P: Floats
    memory: Memory
    """What the optimizer remembers, (P,) each."""


class MlpLearner:
    """A Learner."""

    def __init__(self, config: DeepLearning, features: int, outputs: int, seed: int) -> None:
        assert config.network.mlp is not None, "the network is an mlp"
        self._network = Network.of(config.network.mlp, features, outputs)
        self._loss, self._rule, self._seed = loss_of(config, outputs), rule_of(config.optimizer), seed

    def start(self, agree: Callable[[Arrays], Arrays]) -> Variables:
        """A function of the seed: nothing to agree on."""
        weights_P = self._network.first_weights(self._seed)
        return Variables(weights_P, {name: np.zeros_like(weights_P) for name in self._rule.memory})

    def parts(self, variables: Variables, pieces: Iterable[Piece]) -> Iterator[tuple[Piece, Arrays]]:
        """Loss and gradient; some at a time, which for small pieces is less work than one after the other."""
        for some in _alike(pieces, TOGETHER_NUMBERS // max(self._network.widths)):
            yield from zip(some, self._some_parts(variables, some), strict=True)

    def _some_parts(self, variables: Variables, pieces: Sequence[Piece]) -> Iterator[Arrays]:
        masks_SNH: list[Floats] = []
        if self._network.dropout:
            masks_SNH = [np.stack(masks_NH) for masks_NH in zip(*map(self._masks, pieces), strict=True)]
        x_SND = np.stack([piece.x_ND for piece in pieces], dtype=np.float32, casting="same_kind")
        y_SN: Labels = np.concatenate([piece.y_N[None] for piece in pieces])
        share = pieces[0].share_N
        share_SN = share if isinstance(share, float) else np.stack([piece.share_N for piece in pieces])
        loss_S, gradient_SP = self._network.gradient(variables.weights_P, x_SND, y_SN, self._loss, share_SN, masks_SNH)
        exact_S, exact_SP = loss_S.astype(np.float64), gradient_SP.astype(np.float64)
        return ({"loss": exact_S[i : i + 1], "gradient": exact_SP[i]} for i in range(len(pieces)))

    def _masks(self, piece: Piece) -> list[Floats]:
        """Each shard's by its own stream, so that they do not depend on which shards are merged."""
        by_shard = [
            self._network.masks(random(self._seed, Purpose.DROPOUT, piece.step, shard, piece.piece), rows)
            for shard, rows in piece.places
        ]
        return [np.concatenate(masks) for masks in zip(*by_shard, strict=True)] if len(by_shard) > 1 else by_shard[0]

    def losses(self, variables: Variables, x_ND: Floats, y_N: Labels) -> NDArray[np.float64]:
        """As Learner."""
        z_NK = self._network.outputs(variables.weights_P, x_ND.astype(np.float32))
        return self._loss(z_NK.T, y_N)[0].astype(np.float64)

    def no_rows(self, variables: Variables) -> Arrays:
        """Zeros."""
        return {"loss": np.zeros(1), "gradient": np.zeros(len(variables.weights_P))}

    def next(self, variables: Variables, total: Arrays, gradient_P: Floats, step: int, factor: float) -> Variables:
        """One update of the optimizer."""
        weights_P, memory = variables
        return Variables(*self._rule.update(weights_P, memory, gradient_P.astype(np.float32), step, factor))

    def overflowed(self, variables: Variables) -> None:
        """Float32 has no smaller scale to go on with."""

    def squared_norm(self, variables: Variables) -> float:
        """Infinite where float32 overflows."""
        return float(variables.weights_P.dot(variables.weights_P))

    def dump(self, variables: Variables) -> Arrays:
        """`weights` and `optimizer.NAME`."""
        memory = {f"optimizer.{name}": vector_P.astype(np.float64) for name, vector_P in variables.memory.items()}
        return {"weights": variables.weights_P.astype(np.float64), **memory}

    def load(self, arrays: Arrays) -> Variables:
        """What `dump` gave."""
        memory = {name: arrays[f"optimizer.{name}"].astype(np.float32) for name in self._rule.memory}
        return Variables(arrays["weights"].astype(np.float32), memory)

    def weights(self, variables: Variables) -> Arrays:
        """`layers.0.weight` (O, I), `layers.0.bias` (O,), and so on, as torch.nn.Linear names and shapes them."""
        return {name: a.astype(np.float64) for name, a in self._network.named(variables.weights_P).items()}


def _alike(pieces: Iterable[Piece], most_rows: int) -> Iterator[list[Piece]]:
    """Neighbours with equally many rows and the same kind of shares, of so many rows together, but one at least."""
    some: list[Piece] = []
    for piece in pieces:
        if some and (_kind(piece) != _kind(some[0]) or (len(some) + 1) * len(piece.y_N) > most_rows):
            yield some
            some = []
        some.append(piece)
    if some:
        yield some


def _kind(piece: Piece) -> tuple[int, bool]:
    return len(piece.y_N), isinstance(piece.share_N, float)
