"""Steps along the gradient, with a pass over the rows each, or for a squared error without.

    V <- momentum * V - rate * F'(W)        at W, or at W + momentum * V for Nesterov's way
    W <- W + V

With L1, F' is that of the smooth part and W + V is pulled towards 0 by rate * l1, but not across it; V is the way that
was gone.

Sources: Beck and Teboulle, A fast iterative shrinkage-thresholding algorithm, 2009 (with Nesterov's way); Ochs et al.,
iPiano, 2014 (heavy ball); Polyak, Some methods of speeding up the convergence of iteration methods, 1964 (heavy ball);
Nesterov, Introductory lectures on convex optimization, 2004, theorem 2.1.5 (a step of one over the Lipschitz constant).

A squared error needs the rows once: with G = A'A and C = Y'A, A = [x, 1], its gradient is (W G - C) / N. The
iterations are the very same and read no row, so that many make one step (`GRAM_BLOCK_FLOPS`).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np

from lsml_trainer.algorithms.base import Diverged, Shard
from lsml_trainer.algorithms.gradient_descent.gram import gram_slope, gram_sums, square_sums
from lsml_trainer.algorithms.gradient_descent.state import Method, Slope, State, is_flat, with_penalty
from lsml_trainer.algorithms.linear import Array
from lsml_trainer.algorithms.passes import shard_sums
from lsml_trainer.algorithms.weighting import weighted
from lsml_trainer.elastic.team import Arrays, Team
from lsml_trainer.spec import GradientDescent

GRAM_BLOCK_FLOPS = 10**8  # iterations without rows that make a step: about 100 ms, a function of D alone
MOST_GRAM_FEATURES = 4096  # the matrix takes 128 MiB then
GRAM_BLOCK_MOST = 10_000  # where D is small, Python's overhead of 10 us an iteration is what takes the time


class Descent(Method):
    """Gradient descent with one pass over the rows an iteration."""

    reads_sparse: ClassVar[bool] = True

    def start(self, shards: Sequence[Shard], team: Team) -> State:
        """All weights 0; a pass over the rows where the rate has to be found."""
        class_weight_K, zeros_KE = self.class_weights(shards, team), self.first_weights()
        rate = self.config.learning_rate
        if rate == "auto":
            rate = 1.0 / self._bound(class_weight_K, shards, team)
        return State(zeros_KE, zeros_KE, rate=rate, class_weight_K=class_weight_K)

    def step(self, state: State, shards: Sequence[Shard], team: Team) -> State:
        """One iteration."""

        def slope(point_KE: Array) -> Slope:
            return self.slope(point_KE, state.class_weight_K, shards, team)

        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is told below, in a sentence
            return self._finite(iterate(state, slope, self.config))

    def _bound(self, class_weight_K: Array, shards: Sequence[Shard], team: Team) -> float:
        """The Lipschitz constant of F's gradient; of many features, or of CSR rows, a bound of it in one pass.

        A'A has no eigenvalue above its trace, which is the sum of the rows' squares.
        """
        if not self.shape.sparse and self.shape.features <= MOST_GRAM_FEATURES:
            return self._lipschitz(self._gram(class_weight_K, shards, team))
        sums = team.total(shard_sums(self.cores, shards, lambda rows: square_sums(weighted(rows, class_weight_K))))
        return self._of_curvature(float(sums["square"][0]) / float(sums["weight"][0]))

    def _gram(self, class_weight_K: Array, shards: Sequence[Shard], team: Team) -> Arrays:
        return team.total(shard_sums(self.cores, shards, lambda rows: gram_sums(weighted(rows, class_weight_K))))

    def _lipschitz(self, sums: Arrays) -> float:
        """The Lipschitz constant of F's gradient: the loss's curvature times the largest eigenvalue of A'A / N."""
        if not np.isfinite(sums["gram"]).all():
            raise Diverged("the sum of the features' squares is not finite; set data.standardize: true")
        return self._of_curvature(float(np.linalg.eigvalsh(sums["gram"])[-1]) / float(sums["weight"][0]))

    def _of_curvature(self, largest: float) -> float:
        """From the largest eigenvalue of A'A / N. Raises Diverged where it is not finite."""
        if not math.isfinite(largest):
            raise Diverged("the sum of the features' squares is not finite; set data.standardize: true")
        assert self.objective.curvature is not None, "the specification allows smooth losses only"
        return self.objective.curvature * largest + self.config.l2

    def _finite(self, state: State) -> State:
        if math.isfinite(state.loss) and np.isfinite(state.weights_KE).all():
            return state
        raise Diverged(
            f"the loss or the weights are not finite after {state.iteration} iterations with a learningRate of "
            f"{state.rate:.6g}; use learningRate: auto, or a smaller one, or set data.standardize: true"
        )


class GramDescent(Descent):
    """Gradient descent on a squared error: one pass over the rows in all, then iterations in E dimensions."""

    reads_sparse: ClassVar[bool] = False

    def start(self, shards: Sequence[Shard], team: Team) -> State:
        """All weights 0, and the sums over all rows."""
        sums = self._gram(np.empty(0), shards, team)
        limit = 1.0 / self._lipschitz(sums)
        rate = limit if self.config.learning_rate == "auto" else self.config.learning_rate
        return State(self.first_weights(), self.first_weights(), rate=rate, sums=sums)

    def step(self, state: State, shards: Sequence[Shard], team: Team) -> State:
        """A block of iterations."""
        sums = state.sums
        assert sums is not None, "start took the sums"

        def slope(point_KE: Array) -> Slope:
            loss, gradient_KE = gram_slope(point_KE, sums)
            return with_penalty(loss, gradient_KE, point_KE, self.config)

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
    weights_KE = state.weights_KE + velocity_KE
    if config.l1 > 0.0:
        pull = state.rate * config.l1
        weights_KE = pulled(weights_KE, pull)
        velocity_KE = weights_KE - state.weights_KE
        # The way that the gradient alone would go, by length: 0 at the optimum, where the gradient is not.
        gradient_KE = (ahead_KE - pulled(ahead_KE - state.rate * gradient_KE, pull)) / state.rate
    moved = replace(
        state,
        weights_KE=weights_KE,
        velocity_KE=velocity_KE,
        iteration=state.iteration + 1,
        loss=loss,
        steepest=float(np.abs(gradient_KE).max()),
    )
    return replace(moved, weights_KE=ahead_KE) if is_flat(moved, config) else moved


def pulled(weights_KE: Array, pull: float) -> Array:
    """The weights, but not the intercepts, nearer to 0 by `pull`, and 0 where that would be across it."""
    nearer_KE = weights_KE.copy()
    coef_KD = nearer_KE[:, :-1]
    coef_KD -= np.clip(coef_KD, -pull, pull)
    return nearer_KE
