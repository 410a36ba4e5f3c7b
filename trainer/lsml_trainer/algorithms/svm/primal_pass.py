"""One pass over a block of rows for the sums of `primal_sums.py`, fused: a row is read once, while it is in the cache.

Shapes as there. The sums of a row's numbers are kept in float64, its features' in the precision of the features.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Features
from lsml_trainer.compiled import compiled

Array = NDArray[np.float64]

SUMS = ("score", "smooth", "loss", "support", "a", "aa", "reward")
"""The rows of what `of_rows` sums; scores tell what is not finite."""
ONES = 4
"""So many of them are one number, in the first column."""


def of_rows(
    x_ND: Features, weights_E: Features, y_N: NDArray[Any], weight_N: Array, width: float, epsilon: float
) -> tuple[Array, Features, Features]:
    """The sums (7, 2), ax (2, D), and the second derivative of each row's loss, weighted, (N,).

    A width of 0 squares the loss, an epsilon below 0 takes the labels for the classes -1 and +1; an empty `weight_N`
    counts each row once.
    """
    kind = x_ND.dtype
    sums, ax_2D, curve_N = np.zeros((len(SUMS), 2)), np.zeros((2, x_ND.shape[1]), kind), np.zeros(len(x_ND), kind)
    y_N = y_N.astype(np.float64, copy=False)
    _of_rows(x_ND, weights_E, y_N, weight_N, width, epsilon, sums, ax_2D, curve_N)
    return sums, ax_2D, curve_N


def curved_of_rows(
    x_ND: Features,
    weights_E: Features,
    way_E: Features,
    y_N: NDArray[Any],
    weight_N: Array,
    width: float,
    epsilon: float,
) -> Array:
    """The second derivatives of the losses at the weights, times a vector, (E,); the rest as `of_rows`."""
    curved_D, of_intercept = np.zeros(x_ND.shape[1], x_ND.dtype), np.zeros(1)
    y_N = y_N.astype(np.float64, copy=False)
    _curved_of_rows(x_ND, weights_E, way_E, y_N, weight_N, width, epsilon, curved_D, of_intercept)
    return np.append(curved_D.astype(np.float64), of_intercept)


@compiled
def _of_rows(
    x_ND: Features,
    weights_E: Features,
    y_N: Array,
    weight_N: Array,
    width: float,
    epsilon: float,
    sums: Array,
    ax_2D: Features,
    curve_N: Features,
) -> None:
    features = x_ND.shape[1]
    for row in range(len(x_ND)):
        x_D = x_ND[row]
        score = weights_E[features]
        for column in range(features):
            score += weights_E[column] * x_D[column]
        count = weight_N[row] if len(weight_N) else 1.0
        slope, curve, side = counted(float(score), y_N[row], count, width, epsilon, float(weights_E[features]), sums)
        if slope == 0.0:
            continue
        curve_N[row] = curve
        share = x_ND.dtype.type(slope)
        for column in range(features):
            ax_2D[side, column] += share * x_D[column]


@compiled
def _curved_of_rows(
    x_ND: Features,
    weights_E: Features,
    way_E: Features,
    y_N: Array,
    weight_N: Array,
    width: float,
    epsilon: float,
    curved_D: Features,
    of_intercept: Array,
) -> None:
    features = x_ND.shape[1]
    for row in range(len(x_ND)):
        x_D = x_ND[row]
        score, along = weights_E[features], way_E[features]
        for column in range(features):
            score += weights_E[column] * x_D[column]
            along += way_E[column] * x_D[column]
        short, _, _ = _missed(float(score), y_N[row], epsilon, 0.0)
        count = weight_N[row] if len(weight_N) else 1.0
        if not (short > 0.0 and count > 0.0):
            continue
        _, _, curve = _bent(short, width)
        bent = count * curve * float(along)
        of_intercept[0] += bent
        share = x_ND.dtype.type(bent)
        for column in range(features):
            curved_D[column] += share * x_D[column]


@compiled
def counted(
    score: float, label: float, count: float, width: float, epsilon: float, intercept: float, sums: Array
) -> tuple[float, float, int]:
    """A row has been added to the sums; its loss's two derivatives, weighted, and which sign it has (0: +1)."""
    sums[0, 0] += score
    short, sign, reward = _missed(score, label, epsilon, intercept)
    if not (short > 0.0 and count > 0.0):
        return 0.0, 0.0, 0
    smooth, a, curve = _bent(short, width)
    side = 0 if sign > 0.0 else 1
    sums[1, 0] += count * smooth
    sums[2, 0] += count * (short * short if width == 0.0 else short)
    sums[3, 0] += 1.0
    sums[4, side] += count * a
    sums[5, side] += count * a * a
    sums[6, side] += count * a * reward
    return count * a, count * curve, side


@compiled
def _missed(score: float, label: float, epsilon: float, intercept: float) -> tuple[float, float, float]:
    """(s, sign, reward) of a row; the reward is taken from the intercept on, which changes no dual."""
    if epsilon < 0.0:
        return 1.0 - label * score, label, 1.0
    residual = label - score
    sign = 1.0 if residual >= 0.0 else -1.0
    return sign * residual - epsilon, sign, sign * (label - intercept) - epsilon


@compiled
def _bent(short: float, width: float) -> tuple[float, float, float]:
    """The smooth loss and its two derivatives where s > 0."""
    if width == 0.0:
        return short * short, 2.0 * short, 2.0
    if short < width:
        return 0.5 * short * short / width, short / width, 1.0 / width
    return short - 0.5 * width, 1.0, 0.0
