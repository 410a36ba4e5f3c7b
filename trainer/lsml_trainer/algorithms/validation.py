"""Rows that are kept from the steps and judge the weights after each epoch. Pure; as scikit-learn's early_stopping.

Which rows of a shard these are is a function of the seed, the shard and the sizes of all shards, never of who is there.
Shapes: N rows of one shard, K outputs, E = D + 1, as in `linear.py`.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Rows, Shard, Unsuitable
from lsml_trainer.algorithms.batches import Batches, Purpose, dealt, random
from lsml_trainer.algorithms.linear import Array, Separate, blocks, scores
from lsml_trainer.algorithms.merged import members
from lsml_trainer.algorithms.shuffle import Cells
from lsml_trainer.algorithms.weighting import total_weight
from lsml_trainer.elastic.team import Arrays, summed

Numbers = NDArray[np.int64]

TAKEN_ROWS = 1 << 16
"""At a time, when they judge a linear model."""


class Parts(NamedTuple):
    """Rows of a shard, by their numbers, in order."""

    train_N: Numbers
    held_N: Numbers


class Validation:
    """Which rows judge; keeps their numbers, which it can make again."""

    def __init__(self, seed: int, fraction: float, rows: int, field: str) -> None:
        """Raises Unsuitable where no row is left for the steps; `field` is what says the fraction."""
        self.rows = math.ceil(fraction * rows)
        if self.rows >= rows:
            raise Unsuitable(
                f"{field} {fraction:g} of {rows} training rows leaves none to learn from; lower it, or "
                "take earlyStopping out"
            )
        self._seed = seed
        self._parts: dict[tuple[int, int], Parts] = {}
        self._cells: dict[tuple[int, int], Cells | None] = {}

    def parts(self, shard: int, shard_rows: tuple[int, ...]) -> Parts:
        """Of a shard; `shard_rows` are the sizes of all shards."""
        rows = shard_rows[shard]
        if (shard, rows) not in self._parts:
            held = dealt(shard_rows, self.rows)[shard]
            order_N = random(self._seed, Purpose.VALIDATION, 0, shard).permutation(rows)
            self._parts[shard, rows] = Parts(np.sort(order_N[held:]), np.sort(order_N[:held]))
        return self._parts[shard, rows]

    def train_cells(self, shard: Shard, shard_rows: tuple[int, ...]) -> Cells | None:
        """Of the rows of a shard that are left for the steps; looked up once, not at each step."""
        key = shard.index, shard_rows[shard.index]
        if key not in self._cells:
            cells = shard.cells
            self._cells[key] = cells and cells.among(self.parts(shard.index, shard_rows).train_N)
        return self._cells[key]

    def train_rows(self, shard_rows: tuple[int, ...]) -> tuple[int, ...]:
        """How many rows of each shard are left for the steps."""
        return tuple(all_ - held for all_, held in zip(shard_rows, dealt(shard_rows, self.rows), strict=True))

    def held(self, shard: Shard, shard_rows: tuple[int, ...], step: int = TAKEN_ROWS) -> Iterator[Rows]:
        """The rows of a shard that judge, some at a time; once at least."""
        for member in members(shard):
            held_N = self.parts(member.index, shard_rows).held_N
            for begin in range(0, max(1, len(held_N)), step):
                yield member.take(held_N[begin : begin + step])


def drawn(
    batches: Batches,
    validation: Validation | None,
    step: int,
    shard: Shard,
    shard_rows: tuple[int, ...],
    steps: int = 1,
) -> Numbers:
    """The rows that a shard, not a merged one, gives to a step, or to some of one epoch, in their order, (N,).

    None of them judges.
    """
    if validation is None:
        return batches.of_shard(step, shard.index, shard_rows, steps, shard.cells)
    train_N, train_rows = validation.parts(shard.index, shard_rows).train_N, validation.train_rows(shard_rows)
    cells = validation.train_cells(shard, shard_rows)
    return train_N[batches.of_shard(step, shard.index, train_rows, steps, cells)]


def label_sums(rows: Rows) -> Arrays:
    """Of the labels: what their mean needs."""
    return {"label": (_weight(rows) @ rows.y_N)[None], "weight": total_weight(rows)}


def spread_sums(rows: Rows, mean: float) -> Arrays:
    """Squared distances of the labels from their mean."""
    return {"spread": (_weight(rows) @ (rows.y_N - mean) ** 2)[None]}


def judged_sums(weights_KE: Array, rows: Rows, objective: Separate) -> Arrays:
    """For each output the rows on the right side of 0, or for numbers the squared errors; (K,)."""
    return summed({"judged": _judged(weights_KE, block, objective)} for block in blocks(rows))


def score(judged_K: Array, weight: float, spread: float, *, learns_classes: bool) -> Array:
    """The accuracy of each output, or r2, which is 1 or 0 where all labels are the same; (K,)."""
    if learns_classes:
        accuracy_K: Array = judged_K / weight
        return accuracy_K
    return 1.0 - judged_K / spread if spread > 0.0 else (judged_K == 0.0).astype(np.float64)


def _judged(weights_KE: Array, rows: Rows, objective: Separate) -> Array:
    z_NK = scores(weights_KE, rows.x_ND).astype(np.float64, copy=False)
    target_NK = objective.targets(z_NK, rows.y_N)
    good_NK = (z_NK > 0.0) == (target_NK > 0.0) if objective.loss.learns_classes else (z_NK - target_NK) ** 2
    judged_K: Array = _weight(rows) @ good_NK
    return judged_K


def _weight(rows: Rows) -> Array:
    return np.ones(len(rows.y_N)) if rows.weight_N is None else rows.weight_N
