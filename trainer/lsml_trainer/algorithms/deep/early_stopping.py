"""Early stopping: some training rows are kept back to measure the loss on after each epoch. Knows no network.

Which rows is a function of (seed, shard): a shard of n of the N rows keeps back its share of ceil(fraction * N), drawn
from a shuffle of its own. So they are the same whoever holds the shard, and so is the epoch after which it ends.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Unsuitable
from lsml_trainer.algorithms.batches import Purpose, dealt, random
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.spec.deep_learning import EarlyStopping

BEST = "best."
"""Begins the names of the best weights."""


@dataclass(frozen=True, eq=False)
class Watched:
    """What the rows that were kept back have shown so far. Its arrays are never written to."""

    loss: float = math.nan
    """After the last epoch."""
    best: float = math.inf
    waited: int = 0
    """Epochs since the best one."""
    weights: Arrays = field(default_factory=dict)
    """Of the best epoch; empty where they are not to be restored."""

    def dump(self) -> Arrays:
        """As named arrays."""
        numbers = np.array([self.loss, self.best, float(self.waited)])
        return {"validation": numbers, **{f"{BEST}{name}": array for name, array in self.weights.items()}}

    @classmethod
    def load(cls, arrays: Arrays) -> "Watched":
        """What `dump` gave; other names are ignored."""
        loss, best, waited = (float(number) for number in arrays["validation"])
        weights = {name.removeprefix(BEST): array for name, array in arrays.items() if name.startswith(BEST)}
        return cls(loss, best, int(waited), weights)


def after_epoch(watched: Watched, loss: float, weights: Callable[[], Arrays], config: EarlyStopping) -> Watched:
    """With the loss of one more epoch, and its weights if they are the best."""
    if not loss < watched.best - config.min_delta:
        return Watched(loss, watched.best, watched.waited + 1, watched.weights)
    return Watched(loss, loss, 0, weights() if config.restore_best_weights else {})


class Parts:
    """Which rows of each shard train, and which are kept back; keeps them for the shards of this worker."""

    def __init__(self, config: EarlyStopping | None, rows: int, seed: int) -> None:
        """Raises Unsuitable where no row is left to train on."""
        self._seed = seed
        self._kept_back = 0 if config is None else math.ceil(config.validation_fraction * rows)
        self.train_rows = rows - self._kept_back
        if config is not None and self.train_rows == 0:
            raise Unsuitable(
                f"deepLearning.earlyStopping.validationFraction {config.validation_fraction:g} of {rows} training "
                f"row(s) leaves none to train on; take earlyStopping out"
            )
        self._made: dict[tuple[int, tuple[int, ...]], tuple[NDArray[np.int64], NDArray[np.int64]]] = {}

    def sizes(self, shard_rows: tuple[int, ...]) -> tuple[int, ...]:
        """How many rows of each shard train."""
        if not self._kept_back:
            return shard_rows
        back = dealt(shard_rows, self._kept_back)
        return tuple(rows - kept for rows, kept in zip(shard_rows, back, strict=True))

    def training(self, shard: int, shard_rows: tuple[int, ...], which: NDArray[np.int64]) -> NDArray[np.int64]:
        """Of the rows of a shard that train, the rows with these numbers."""
        return self._of(shard, shard_rows)[0][which] if self._kept_back else which

    def kept_back(self, shard: int, shard_rows: tuple[int, ...]) -> NDArray[np.int64]:
        """The other rows of a shard, ascending."""
        return self._of(shard, shard_rows)[1]

    def _of(self, shard: int, shard_rows: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        if (shard, shard_rows) not in self._made:
            shuffled = random(self._seed, Purpose.VALIDATION, 0, shard).permutation(shard_rows[shard])
            size = self.sizes(shard_rows)[shard]
            self._made[shard, shard_rows] = np.sort(shuffled[:size]), np.sort(shuffled[size:])
        return self._made[shard, shard_rows]
