"""Where a descent is, and what its methods share: sums over the rows and the penalty, when it is over, how it is kept.

Shapes: N rows of one shard, D features, E = D + 1, K outputs, as in `linear.py`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from lsml_trainer.algorithms.base import Diverged, Rows, Shape, Shard
from lsml_trainer.algorithms.cores import Cores
from lsml_trainer.algorithms.linear import Array, Objective, named_weights, penalised, row_sums
from lsml_trainer.algorithms.passes import shard_sums
from lsml_trainer.algorithms.weighting import class_weights, weighted
from lsml_trainer.elastic.team import Arrays, Team
from lsml_trainer.spec import GradientDescent

FUSED_VALUES = 1 << 22
"""Of all rows: from so many on the sums of one output are taken in one read (`fused.py`); numpy needs no compiling."""

Slope: TypeAlias = tuple[float, Array]
"""An objective and its gradient, (K, E), at one point."""


@dataclass(frozen=True)
class State:
    """Where the descent is; the same on every worker. Its arrays are never written to."""

    weights_KE: Array
    velocity_KE: Array
    """The last step."""
    rate: float
    iteration: int = 0
    loss: float = math.nan
    """F where the last gradient was taken."""
    steepest: float = math.inf
    """The largest entry of the last gradient, without sign."""
    promise: float = math.inf
    """Of Newton's method: by how much the last step should have lowered F, were F a parabola."""
    finished: bool = False
    """Whether rounding leaves nothing to gain."""
    class_weight_K: Array = field(default_factory=lambda: np.empty(0))
    """Empty where all count the same."""
    sums: Arrays | None = None
    """What a method keeps of the pass at these weights."""


@dataclass
class Method:
    """What the methods share."""

    config: GradientDescent
    shape: Shape
    objective: Objective
    cores: Cores = field(default_factory=Cores)

    def first_weights(self) -> Array:
        """All 0; (K, E)."""
        return np.zeros((self.objective.outputs, self.shape.features + 1))

    def class_weights(self, shards: Sequence[Shard], team: Team) -> Array:
        """(K,), or empty."""
        return class_weights(self.config.class_weight, self.shape, shards, team, self.cores)

    def slope(self, point_KE: Array, class_weight_K: Array, shards: Sequence[Shard], team: Team) -> Slope:
        """F and its gradient: a pass over the rows."""

        def sums(rows: Rows) -> Arrays:
            return self._row_sums(point_KE, weighted(rows, class_weight_K))

        return self.mean(team.total(shard_sums(self.cores, shards, sums)), point_KE)

    def _row_sums(self, point_KE: Array, rows: Rows) -> Arrays:
        few = self.shape.rows * self.shape.features < FUSED_VALUES
        if few or self.objective.outputs > 1 or self.shape.sparse:
            return row_sums(point_KE, rows, self.objective)
        from lsml_trainer.algorithms.fused import fused_sums  # noqa: PLC0415  (imports numba)

        return fused_sums(point_KE, rows, self.config.loss, self.config.epsilon)

    def mean(self, total: Arrays, point_KE: Array) -> Slope:
        """F and its gradient from the sums over all rows."""
        weight = float(total["weight"][0])
        if weight <= 0.0:
            raise Diverged("no row counts: all weights are 0; give some rows a weight, and standardize the features")
        return with_penalty(float(total["loss"].sum()) / weight, total["gradient"] / weight, point_KE, self.config)

    def is_done(self, state: State) -> bool:
        """All iterations done, or flat enough."""
        return state.finished or state.iteration >= self.config.iterations or is_flat(state, self.config)

    def steps(self, state: State) -> tuple[int, int | None]:
        """Iterations."""
        return state.iteration, self.config.iterations

    def epoch(self, state: State) -> int | None:
        """Not counted."""
        return None

    def samples(self, state: State) -> int | None:
        """Nor are they."""
        return None

    def rows_per_step(self) -> float:
        """The rows that an iteration's gradient is of: all."""
        return float(self.shape.rows)

    def metrics(self, state: State) -> Mapping[str, float]:
        """F and the largest entry of its gradient, where the last gradient was taken."""
        return {"loss": state.loss, "gradient": state.steepest}

    def dump(self, state: State) -> Arrays:
        """The state as arrays."""
        numbers = [state.rate, state.iteration, state.loss, state.steepest, state.promise, state.finished]
        return {
            "weights": state.weights_KE,
            "velocity": state.velocity_KE,
            "numbers": np.array(numbers, dtype=np.float64),
            "class_weight": state.class_weight_K,
            **{f"sums.{name}": array for name, array in (state.sums or {}).items()},
        }

    def load(self, arrays: Arrays) -> State:
        """The state that `dump` gave."""
        rate, iteration, loss, steepest, promise, finished = (float(number) for number in arrays["numbers"])
        sums = {name.removeprefix("sums."): array for name, array in arrays.items() if name.startswith("sums.")}
        return State(
            arrays["weights"],
            arrays["velocity"],
            rate,
            int(iteration),
            loss,
            steepest,
            promise,
            bool(finished),
            arrays["class_weight"],
            sums or None,
        )

    def weights(self, state: State, shards: Sequence[Shard], team: Team) -> Arrays:
        """coef (K, D) and intercept (K,)."""
        return named_weights(state.weights_KE)


def is_flat(state: State, config: GradientDescent) -> bool:
    """No entry of the last gradient is larger than the tolerance; never so where that is 0."""
    return 0.0 < config.tolerance >= state.steepest


def with_penalty(loss: float, gradient_KE: Array, weights_KE: Array, config: GradientDescent) -> Slope:
    """F and the gradient of its smooth part, from those of the mean loss."""
    if config.alpha == 0.0:
        return loss, gradient_KE
    held_KE = penalised(weights_KE)
    norm = 0.5 * config.l2 * float((held_KE * held_KE).sum()) + config.l1 * float(np.abs(held_KE).sum())
    return loss + norm, gradient_KE + config.l2 * held_KE
