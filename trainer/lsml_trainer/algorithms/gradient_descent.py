"""Full-batch gradient descent on a generalised linear model. Knows its mathematics and a team; nothing of workers.

    F(W) = 1/N * sum_i loss(W [x_i, 1], y_i) + alpha/2 * |W without intercepts|^2
    V <- momentum * V - rate * F'(W)        at W, or at W + momentum * V for Nesterov's way
    W <- W + V

Sources: Polyak, Some methods of speeding up the convergence of iteration methods, 1964 (heavy ball); Nesterov,
Introductory lectures on convex optimization, 2004, theorem 2.1.5 (a step of one over the Lipschitz constant).

A squared error needs the rows once: with G = A'A and C = Y'A, A = [x, 1], its gradient is (W G - C) / N. The
iterations are the very same and read no row, so that many make one step (`GRAM_BLOCK_FLOPS`).
Shapes: N rows of one shard, D features, E = D + 1, K outputs, as in `linear.py`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lsml_trainer.algorithms.base import Diverged, Shape, Shard
from lsml_trainer.algorithms.gram import Slope, gram_slope, gram_sums
from lsml_trainer.algorithms.linear import (
    Array,
    LinearPredictor,
    LogisticPredictor,
    Multinomial,
    Objective,
    Separate,
    named_weights,
    outputs_of,
    penalised,
    row_sums,
)
from lsml_trainer.elastic.team import Arrays, Team, summed
from lsml_trainer.losses import LOSSES
from lsml_trainer.spec import GradientDescent

GRAM_BLOCK_FLOPS = 10**8  # iterations without rows that make a step: about 100 ms, a function of D alone
GRAM_BLOCK_MOST = 10_000  # where D is small, Python's overhead of 10 us an iteration is what takes the time


@dataclass(frozen=True)
class State:
    """Where the descent is; the same on every worker."""

    weights_KE: Array
    velocity_KE: Array
    rate: float
    iteration: int = 0
    loss: float = math.nan
    """F where the last gradient was taken."""
    steepest: float = math.inf
    """The largest entry of the last gradient, without sign."""
    sums: Arrays | None = None
    """G, C and y'y over all shards; for a squared error only."""


class Descent:
    """Gradient descent with one pass over the rows an iteration."""

    def __init__(self, config: GradientDescent, shape: Shape, objective: Objective) -> None:
        self.config = config
        self.shape = shape
        self.objective = objective

    def start(self, shards: Sequence[Shard], team: Team) -> State:
        """All weights 0; a pass over the rows where the rate has to be found."""
        zeros_KE = np.zeros((self.objective.outputs, self.shape.features + 1))
        if self.config.learning_rate != "auto":
            return State(zeros_KE, zeros_KE, rate=self.config.learning_rate)
        total = team.total([gram_sums(shard) for shard in shards])
        return State(zeros_KE, zeros_KE, rate=1.0 / self._lipschitz(total["gram"]))

    def step(self, state: State, shards: Sequence[Shard], team: Team) -> State:
        """One iteration."""

        def slope(point_KE: Array) -> Slope:
            total = team.total([self._sums(point_KE, shard) for shard in shards])
            loss, gradient_KE = float(total["loss"].sum()), total["gradient"]
            return with_penalty(loss / self.shape.rows, gradient_KE / self.shape.rows, point_KE, self.config.alpha)

        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is told below, in a sentence
            state = iterate(state, slope, self.config)
        return self._finite(state)

    def _sums(self, point_KE: Array, shard: Shard) -> Arrays:
        return summed(row_sums(point_KE, chunk, self.objective) for chunk in shard.chunks())

    def is_done(self, state: State) -> bool:
        """All iterations done, or flat enough."""
        return state.iteration >= self.config.iterations or is_flat(state, self.config)

    def steps(self, state: State) -> tuple[int, int | None]:
        """Iterations."""
        return state.iteration, self.config.iterations

    def epoch(self, state: State) -> int | None:
        """Not counted."""
        return None

    def rows_per_step(self) -> float:
        """The rows that an iteration's gradient is of: all."""
        return float(self.shape.rows)

    def metrics(self, state: State) -> Mapping[str, float]:
        """F and the largest entry of its gradient, where the last gradient was taken."""
        return {"loss": state.loss, "gradient": state.steepest}

    def dump(self, state: State) -> Arrays:
        """The state as arrays."""
        numbers = np.array([state.rate, state.iteration, state.loss, state.steepest])
        return {
            "weights": state.weights_KE,
            "velocity": state.velocity_KE,
            "numbers": numbers,
            **{f"sums.{name}": array for name, array in (state.sums or {}).items()},
        }

    def load(self, arrays: Arrays) -> State:
        """The state that `dump` gave."""
        rate, iteration, loss, steepest = (float(number) for number in arrays["numbers"])
        sums = {name.removeprefix("sums."): array for name, array in arrays.items() if name.startswith("sums.")}
        return State(arrays["weights"], arrays["velocity"], rate, int(iteration), loss, steepest, sums or None)

    def weights(self, state: State, shards: Sequence[Shard], team: Team) -> Arrays:
        """coef (K, D) and intercept (K,)."""
        return named_weights(state.weights_KE)

    def _lipschitz(self, gram_EE: Array) -> float:
        """The Lipschitz constant of F's gradient: the loss's curvature times the largest eigenvalue of A'A / N."""
        if not np.isfinite(gram_EE).all():
            raise Diverged("the sum of the features' squares is not finite; set data.standardize: true")
        assert self.objective.curvature is not None, "the specification allows smooth losses only"
        largest = float(np.linalg.eigvalsh(gram_EE)[-1]) / self.shape.rows
        return self.objective.curvature * largest + self.config.alpha

    def _finite(self, state: State) -> State:
        if math.isfinite(state.loss) and np.isfinite(state.weights_KE).all():
            return state
        raise Diverged(
            f"the loss or the weights are not finite after {state.iteration} iterations with a learningRate of "
            f"{state.rate:.6g}; use learningRate: auto, or a smaller one, or set data.standardize: true"
        )


class GramDescent(Descent):
    """Gradient descent on a squared error: one pass over the rows in all, then iterations in E dimensions."""

    def start(self, shards: Sequence[Shard], team: Team) -> State:
        """All weights 0, and the sums over all rows."""
        sums = team.total([gram_sums(shard) for shard in shards])
        limit = 1.0 / self._lipschitz(sums["gram"])
        zeros_KE = np.zeros((1, self.shape.features + 1))
        rate = limit if self.config.learning_rate == "auto" else self.config.learning_rate
        return State(zeros_KE, zeros_KE, rate=rate, sums=sums)

    def step(self, state: State, shards: Sequence[Shard], team: Team) -> State:
        """A block of iterations."""
        sums = state.sums
        assert sums is not None, "start took the sums"

        def slope(point_KE: Array) -> Slope:
            loss, gradient_KE = gram_slope(point_KE, sums, self.shape.rows)
            return with_penalty(loss, gradient_KE, point_KE, self.config.alpha)

        block = max(1, min(GRAM_BLOCK_MOST, GRAM_BLOCK_FLOPS // (self.shape.features + 1) ** 2))
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(block):
                state = iterate(state, slope, self.config)
                if self.is_done(state):
                    break
        return self._finite(state)


def iterate(state: State, slope: Callable[[Array], Slope], config: GradientDescent) -> State:
    """The state after one iteration; where it is flat enough, the point where that was found."""
    ahead_KE = state.weights_KE + config.momentum * state.velocity_KE if config.nesterov else state.weights_KE
    loss, gradient_KE = slope(ahead_KE)
    velocity_KE = config.momentum * state.velocity_KE - state.rate * gradient_KE
    moved = replace(
        state,
        weights_KE=state.weights_KE + velocity_KE,
        velocity_KE=velocity_KE,
        iteration=state.iteration + 1,
        loss=loss,
        steepest=float(np.abs(gradient_KE).max()),
    )
    return replace(moved, weights_KE=ahead_KE) if is_flat(moved, config) else moved


def is_flat(state: State, config: GradientDescent) -> bool:
    """No entry of the last gradient is larger than the tolerance; never so where that is 0."""
    return 0.0 < config.tolerance >= state.steepest


def with_penalty(loss: float, gradient_KE: Array, weights_KE: Array, alpha: float) -> Slope:
    """F and its gradient from those of the mean loss."""
    if alpha == 0.0:
        return loss, gradient_KE
    held_KE = penalised(weights_KE)
    return loss + 0.5 * alpha * float((held_KE * held_KE).sum()), gradient_KE + alpha * held_KE


def create(config: GradientDescent, shape: Shape, seed: int) -> Descent:
    """The algorithm; it draws nothing at random, so the seed is not used."""
    if config.loss == "mse":
        return GramDescent(config, shape, Separate(LOSSES["mse"], outputs=1))
    outputs = outputs_of(shape)
    if config.loss == "log_loss" and outputs > 1:
        return Descent(config, shape, Multinomial(outputs))
    return Descent(config, shape, Separate(LOSSES[config.loss], outputs))


def predictor(config: GradientDescent, weights: Arrays) -> LinearPredictor:
    """The predictor from coef and intercept."""
    if config.loss == "log_loss":
        return LogisticPredictor(weights["coef"], weights["intercept"], learns_classes=True, multinomial=True)
    return LinearPredictor(weights["coef"], weights["intercept"], LOSSES[config.loss].learns_classes)
