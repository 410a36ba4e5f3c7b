"""Newton's method: steps along the gradient times the inverse of the second derivatives, damped by halving.

    W <- W - t * F''(W)^-1 F'(W)        t = 1, 1/2, 1/4, ... until F falls by a ten-thousandth of what it promises

The second derivatives of a chunk are one product A' diag(h) A, A = [x, 1]: O(N E^2 K), or O(N E^2 K^2) where the
classes share one loss. What does not depend on a feature's scale, such as the number of steps, cannot suffer from it.
Sources: Boyd and Vandenberghe, Convex optimization, 2004, section 9.5 (damped Newton, Armijo's rule); for the logistic
loss this is iteratively reweighted least squares.
Shapes: as in `state.py`; B independent groups of M outputs, K = B M; P = M E weights of a group.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lsml_trainer.algorithms.base import Diverged, Features, Rows, Shard
from lsml_trainer.algorithms.gradient_descent.state import Method, State
from lsml_trainer.algorithms.linear import Array, Objective, blocks, row_sums, scores
from lsml_trainer.algorithms.passes import shard_sums
from lsml_trainer.algorithms.weighting import weighted
from lsml_trainer.elastic.team import Arrays, Team, summed
from lsml_trainer.spec import InvalidSpec

MOST_WEIGHTS = 8192
"""P at most: the matrix takes 512 MiB then, and the rows are read as slowly as with gradient descent."""
ENOUGH = 1e-4  # of the promised fall of F: Armijo's constant
MOST_HALVINGS = 40
ROUNDING = float(np.finfo(np.float64).eps)
FLAT = 1e-8  # of the gradient's largest part: what a direction without curvature must have to be followed
NOTHING = 1e-15  # of F: what is promised is rounding
LITTLE = 1e-6  # of F: below, a promise that does not get smaller is rounding


class NewtonDescent(Method):
    """Newton's method; a step is one iteration, and most are one pass over the rows."""

    def start(self, shards: Sequence[Shard], team: Team) -> State:
        """All weights 0, and the sums there. Raises InvalidSpec where the matrix would be too large."""
        features, classes = self.shape.features, self.shape.classes
        if max(1, classes) * (features + 1) > MOST_WEIGHTS:
            raise InvalidSpec(
                "spec.algorithm.gradientDescent.method newton takes the inverse of a matrix of "
                f"all {features} features and {classes} classes, more than {MOST_WEIGHTS} weights; use method: gradient"
            )
        class_weight_K, zeros_KE = self.class_weights(shards, team), self.first_weights()
        first = State(zeros_KE, zeros_KE, rate=1.0, class_weight_K=class_weight_K)
        return self._at(first, zeros_KE, shards, team)

    def step(self, state: State, shards: Sequence[Shard], team: Team) -> State:
        """One iteration."""
        assert state.sums is not None, "start took the sums"
        loss, gradient_KE = self.mean(state.sums, state.weights_KE)
        step_KE = -self._solved(state.sums, gradient_KE)
        promise = -0.5 * float((gradient_KE * step_KE).sum())
        following = replace(state, iteration=state.iteration + 1, promise=promise)
        little = promise <= LITTLE * abs(loss)
        if promise <= NOTHING * abs(loss) or (little and promise >= 0.5 * state.promise):
            return replace(following, finished=True)
        rate = 1.0
        for _ in range(MOST_HALVINGS):
            moved = self._at(following, state.weights_KE + rate * step_KE, shards, team)
            if little or moved.loss <= loss - 2.0 * ENOUGH * rate * promise:
                return replace(moved, velocity_KE=rate * step_KE)
            rate /= 2.0
        return replace(following, finished=True)

    def _at(self, state: State, point_KE: Array, shards: Sequence[Shard], team: Team) -> State:
        """The state with its weights there, and the sums of a pass."""

        def sums(rows: Rows) -> Arrays:
            rows = weighted(rows, state.class_weight_K)
            return {**row_sums(point_KE, rows, self.objective), "second": second_sums(point_KE, rows, self.objective)}

        total = team.total(shard_sums(self.cores, shards, sums))
        loss, gradient_KE = self.mean(total, point_KE)
        if not (math.isfinite(loss) and np.isfinite(gradient_KE).all()):
            raise Diverged("the loss is not finite; set data.standardize: true, or an alpha above 0")
        return replace(state, weights_KE=point_KE, sums=total, loss=loss, steepest=float(np.abs(gradient_KE).max()))

    def _solved(self, sums: Arrays, gradient_KE: Array) -> Array:
        """F''^-1 times the gradient, group by group."""
        groups, size, _ = sums["second"].shape
        held_E = np.append(np.full(self.shape.features, self.config.alpha), 0.0)
        held_PP = np.diag(np.tile(held_E, size // len(held_E)))
        second_BPP = sums["second"] / float(sums["weight"][0]) + held_PP
        pairs = zip(second_BPP, gradient_KE.reshape(groups, size), strict=True)
        return np.stack([solve(second_PP, gradient_P) for second_PP, gradient_P in pairs]).reshape(gradient_KE.shape)


def solve(matrix_PP: Array, right_P: Array) -> Array:
    """The solution of a symmetric system that is at least almost positive semi-definite.

    Scaled to ones on its diagonal. Eigenvalues that are rounding beside the largest one are none: in their directions
    the solution is 0 where the right side is rounding, too (constant or repeated features, intercepts of classes that
    can all be shifted), and else as far as the steepest one says (a huber loss where all errors are large).
    """
    scale_P = np.sqrt(np.maximum(matrix_PP.diagonal(), 0.0))
    scale_P[scale_P == 0.0] = 1.0
    values_P, vectors_PP = np.linalg.eigh(matrix_PP / scale_P[:, None] / scale_P)
    inner_P = vectors_PP.T @ (right_P / scale_P)
    largest = float(values_P[-1]) if values_P[-1] > 0.0 else 1.0
    flat_P = values_P <= largest * ROUNDING * len(right_P)
    inner_P[flat_P & (np.abs(inner_P) <= FLAT * np.abs(inner_P).max())] = 0.0
    solution_P: Array = vectors_PP @ (inner_P / np.where(flat_P, largest, values_P)) / scale_P
    return solution_P


def second_sums(weights_KE: Array, rows: Rows, objective: Objective) -> Array:
    """The second derivatives of the weighted losses, summed over the rows; (B, P, P)."""
    return summed({"second": _of_block(weights_KE, block, objective)} for block in blocks(rows))["second"]


def _of_block(weights_KE: Array, rows: Rows, objective: Objective) -> Array:
    second_NBMM = objective.second(scores(weights_KE, rows.x_ND), rows.y_N)
    if rows.weight_N is not None:
        second_NBMM = second_NBMM * rows.weight_N.astype(second_NBMM.dtype)[:, None, None, None]
    _, groups, size, _ = second_NBMM.shape
    terms = rows.x_ND.shape[1] + 1
    a_NE = np.column_stack([rows.x_ND, np.ones(len(rows.x_ND), rows.x_ND.dtype)])
    found = np.empty((groups, size, terms, size, terms))
    for group in range(groups):
        for one in range(size):
            for other in range(one + 1):
                found[group, one, :, other] = _product(a_NE, second_NBMM[:, group, one, other], one == other)
                found[group, other, :, one] = found[group, one, :, other].T
    return found.reshape(groups, size * terms, size * terms)


def _product(a_NE: Features, curve_N: Features, definite: bool) -> Features:
    """A' diag(curve) A; where the curve is nowhere negative in half the time, since numpy sees that it is symmetric."""
    if not definite:
        return a_NE.T @ (a_NE * curve_N[:, None])
    bent = np.flatnonzero(curve_N)
    if 2 * len(bent) < len(curve_N):
        a_NE, curve_N = a_NE[bent], curve_N[bent]
    root_NE = a_NE * np.sqrt(curve_N)[:, None]
    return root_NE.T @ root_NE
