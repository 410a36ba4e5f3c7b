"""Early stopping: what the loss on the rows that are kept from the steps says after each epoch. Pure; knows no network.

The loss is a sum over the team, so the epoch after which the training ends is the same for every team.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from lsml_trainer.elastic.team import Arrays
from lsml_trainer.spec.deep_learning import EarlyStopping

BEST = "best."
"""Begins the names of the best weights."""


@dataclass(frozen=True, eq=False)
class Watched:
    """What the rows that judge have shown so far. Its arrays are never written to."""

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
