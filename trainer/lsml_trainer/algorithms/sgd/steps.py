"""The steps of a run of batches, compiled: what `descent.py` does with numpy, without its 100 microseconds a step.

A worker alone goes through many batches at once; a team takes the same functions a batch at a time, so that the bits
are the same. Everything is written into the arrays given.
Shapes: N rows, L shards, S steps, K outputs, D features, E = D + 1 weights, F = E + 1: gradient and loss of an output.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Features
from lsml_trainer.algorithms.fused import NUMBER, add_slopes
from lsml_trainer.compiled import compiled, compiled_exactly

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]

CONSTANT, OPTIMAL, INVSCALING, ADAPTIVE = range(4)
SCHEDULES = {"constant": CONSTANT, "optimal": OPTIMAL, "invscaling": INVSCALING, "adaptive": ADAPTIVE}


class Fixed(NamedTuple):
    """What no step changes."""

    loss: int
    epsilon: float
    learns_classes: bool
    alpha: float
    l1_ratio: float
    schedule: int
    eta0: float
    power_t: float
    averages: bool
    mean_weight: float


class Moving(NamedTuple):
    """What each step changes."""

    weights_KE: Array
    average_KE: Array
    due_K: Array
    paid_KD: Array
    sum_K: Array
    """The objective, summed over the rows of the epoch."""
    rates_K: Array
    """Of adaptive; not changed."""
    stopped_K: Array
    """1 where an output is not moved any more; not changed."""


@compiled_exactly
def rate_of(fixed: Fixed, adaptive: float, t: int) -> float:
    """As `schedules.rates`, of one output."""
    if fixed.schedule == ADAPTIVE:
        return adaptive
    if fixed.schedule == OPTIMAL:
        optimal: float = 1.0 / (fixed.alpha * (fixed.alpha**-0.75 + t - 1))
        return optimal
    if fixed.schedule == INVSCALING:
        lower: float = fixed.eta0 / t**fixed.power_t
        return lower
    return fixed.eta0


@compiled
def add_part(
    fixed: Fixed, x_ND: Features, y_N: Array, weight_N: Array, first: int, last: int, weights_KE: Array, part_KF: Array
) -> None:
    """The sums over the rows from first to last are in `part_KF`."""
    outputs, features = len(weights_KE), weights_KE.shape[1] - 1
    coef_D = np.empty(features, x_ND.dtype)
    part_KF[:] = 0.0
    if first == last:
        return
    for k in range(outputs):
        for d in range(features):
            coef_D[d] = weights_KE[k, d]
        own = NUMBER if not fixed.learns_classes else (1 if outputs == 1 else k)
        part_KF[k, features + 1] = add_slopes(
            x_ND,
            y_N,
            weight_N,
            first,
            last,
            coef_D,
            weights_KE[k, features],
            own,
            fixed.loss,
            fixed.epsilon,
            part_KF[k],
        )


@compiled_exactly
def move(fixed: Fixed, t: int, rows: int, total_KF: Array, at: Moving) -> None:
    """Step t over that many rows has been taken, given the sums over them; as `penalties.py` has it."""
    features = at.paid_KD.shape[1]
    counted = rows * fixed.mean_weight
    for k in range(len(total_KF)):
        squares, absolutes = 0.0, 0.0
        for d in range(features):
            w = at.weights_KE[k, d]
            squares += w * w
            absolutes += abs(w)
        penalty = fixed.alpha * (0.5 * (1.0 - fixed.l1_ratio) * squares + fixed.l1_ratio * absolutes)
        at.sum_K[k] += total_KF[k, features + 1] / fixed.mean_weight + rows * penalty
        if at.stopped_K[k] > 0.0:
            continue
        rate = rate_of(fixed, at.rates_K[k], t)
        decay = max(0.0, 1.0 - (1.0 - fixed.l1_ratio) * fixed.alpha * rate)
        for d in range(features):
            at.weights_KE[k, d] = at.weights_KE[k, d] * decay - rate * (total_KF[k, d] / counted)
        at.weights_KE[k, features] -= rate * (total_KF[k, features] / counted)
        if fixed.alpha * fixed.l1_ratio > 0.0:
            truncate(at.weights_KE[k], at.paid_KD[k], at.due_K, k, fixed.l1_ratio * fixed.alpha * rate)
        if fixed.averages:
            for e in range(features + 1):
                at.average_KE[k, e] += (at.weights_KE[k, e] - at.average_KE[k, e]) / t


@compiled_exactly
def truncate(weights_E: Array, paid_D: Array, due_K: Array, k: int, charge: float) -> None:
    """As `Penalty.truncated`, of one output."""
    due_K[k] += charge
    for d in range(len(paid_D)):
        w = weights_E[d]
        held = w
        if w > 0.0:
            held = max(0.0, w - (due_K[k] + paid_D[d]))
        elif w < 0.0:
            held = min(0.0, w + (due_K[k] - paid_D[d]))
        paid_D[d] += held - w
        weights_E[d] = held


@compiled
def run(
    fixed: Fixed,
    step: int,
    x_ND: Features,
    y_N: Array,
    weight_N: Array,
    edges_SL: Numbers,
    lasts_SL: Numbers,
    rows_S: Numbers,
    at: Moving,
) -> None:
    """The steps after `step` have been taken; shard l gives step s the rows from edges_SL[s, l] to lasts_SL[s, l]."""
    shards, (outputs, weights) = edges_SL.shape[1], at.weights_KE.shape
    parts_LKF = np.empty((shards, outputs, weights + 1))
    for s in range(len(rows_S)):
        for shard in range(shards):
            first, last = edges_SL[s, shard], lasts_SL[s, shard]
            add_part(fixed, x_ND, y_N, weight_N, first, last, at.weights_KE, parts_LKF[shard])
        width = shards
        while width > 1:  # the tree of `elastic/team.py`
            width //= 2
            for shard in range(width):
                for k in range(outputs):
                    for f in range(weights + 1):
                        parts_LKF[shard, k, f] = parts_LKF[2 * shard, k, f] + parts_LKF[2 * shard + 1, k, f]
        move(fixed, step + s + 1, rows_S[s], parts_LKF[0], at)
