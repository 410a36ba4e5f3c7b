"""Sums over rows of a machine in the primal: its objective made smooth, two derivatives, and what certifies it. Pure.

    F(w, b) = w'Gw / 2 + C sum_i c_i loss(s_i)       c_i: the row's weight, f_i = w'x_i + b
    classes, y in {-1, +1}    s_i = 1 - y_i f_i      sign_i = y_i,           reward_i = 1
    a number                  s_i = |r_i| - epsilon  sign_i = sign of r_i,   reward_i = |y_i| - epsilon, r = y - f
    squared                   loss = max(0, s)^2
    hinge, and epsilon-insensitive: 0 where s <= 0,  s^2 / (2 width) where s <= width,  else s - width / 2
The latter is max(0, s) rounded off at its kink; the objective is then too small by C sum c width / 2 at most.

The slopes a_i = loss'(s_i) are a point of the dual as soon as both signs have the same sum: the larger side is scaled
down to that, which keeps 0 <= a_i <= 1. With v = C sum c_i a_i sign_i x_i the dual is
    C sum c_i a_i reward_i - v'G^-1 v / 2                    reward_i of a number: sign_i y_i - epsilon
    C sum c_i (a_i reward_i - a_i^2 / 4) - v'G^-1 v / 2      squared
Source: Chapelle, Training a support vector machine in the primal, Neural computation 19, 2007; Fan et al., LIBLINEAR,
JMLR 9, 2008.  Shapes: N rows, D features, E = D + 1 with the intercept; 2: sign +1 (the first class), sign -1.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Features, Labels, Rows
from lsml_trainer.algorithms.svm.primal_pass import ONES, SUMS, curved_of_rows, of_rows
from lsml_trainer.algorithms.svm.space import Space
from lsml_trainer.elastic.team import Arrays, summed

Array = NDArray[np.float64]


class Kind(NamedTuple):
    """Which loss, and of which two classes."""

    squared: bool
    width: float
    """Not used where the loss is squared."""
    first: int = 0
    second: int = 1
    epsilon: float | None = None
    """Of a number; None: of two classes."""


def row_sums(space: Space, weights_E: Array, rows: Rows, kind: Kind, *, matrix: bool = True) -> Arrays:
    """score, smooth, loss, support (1,), a, aa (a squared), reward (2,) and ax (2, D), all weighted.

    And the losses' second derivatives: `second` (E, E), or without the matrix `curve` (1,), their sum.
    """
    rows = _with_targets(rows, kind)
    return summed(_of_block(weights_E, block, kind, matrix) for block in space.blocks(rows))


def curved_sums(space: Space, weights_E: Array, way_E: Array, rows: Rows, kind: Kind) -> Arrays:
    """curved (E,): the matrix `second` times a vector, without it."""
    rows = _with_targets(rows, kind)
    return summed({"curved": _curved(weights_E, way_E, block, kind)} for block in space.blocks(rows))


def _with_targets(rows: Rows, kind: Kind) -> Rows:
    """The rows of the two classes with +1 and -1 as their labels; of a number all rows as they are."""
    if kind.epsilon is not None:
        return rows
    first_N, second_N = rows.y_N == kind.first, rows.y_N == kind.second
    sign_N = np.where(first_N, 1.0, -1.0)
    inside_N = first_N | second_N
    if inside_N.all():
        return rows._replace(y_N=sign_N)
    return rows._replace(y_N=sign_N).at(inside_N)


def _of_block(weights_E: Array, rows: Rows, kind: Kind, matrix: bool) -> Arrays:
    x_ND = rows.x_ND
    sums, ax_2D, curve_N = of_rows(x_ND, weights_E.astype(x_ND.dtype), *_loss_of(rows, kind))
    named = {name: sums[at, : 1 if at < ONES else 2] for at, name in enumerate(SUMS)}
    named["ax"] = ax_2D.astype(np.float64)
    if matrix:
        return {**named, "second": _second(x_ND, curve_N)}
    return {**named, "curve": np.array([curve_N.sum(dtype=np.float64)])}


def _curved(weights_E: Array, way_E: Array, rows: Rows, kind: Kind) -> Array:
    exact = rows.x_ND.dtype
    return curved_of_rows(rows.x_ND, weights_E.astype(exact), way_E.astype(exact), *_loss_of(rows, kind))


def _loss_of(rows: Rows, kind: Kind) -> tuple[Labels, Array, float, float]:
    """Labels, weights, width and epsilon, as `primal_pass.py` wants them."""
    weight_N = np.empty(0) if rows.weight_N is None else rows.weight_N
    return rows.y_N, weight_N, 0.0 if kind.squared else kind.width, -1.0 if kind.epsilon is None else kind.epsilon


def _second(x_ND: Features, curve_N: Features) -> Array:
    """A' diag(curve) A, A = [x, 1]; of the rows that bend, which are few where the loss is hardly rounded off."""
    bent = np.flatnonzero(curve_N)
    root_B = np.sqrt(curve_N[bent])
    a_BE = np.empty((len(bent), x_ND.shape[1] + 1), x_ND.dtype)
    np.multiply(x_ND.take(bent, 0), root_B[:, None], out=a_BE[:, :-1])
    a_BE[:, -1] = root_B
    second_EE: Array = (a_BE.T @ a_BE).astype(np.float64)
    return second_EE


class Certificate(NamedTuple):
    """What brackets the best objective there is."""

    primal: float
    dual: float


def objective(space: Space, weights_E: Array, sums: Arrays, C: float) -> float:
    """F, made smooth."""
    return 0.5 * space.square(weights_E[:-1]) + C * float(sums["smooth"][0])


def gradient(space: Space, weights_E: Array, sums: Arrays, C: float) -> Array:
    """Of F, made smooth; (E,)."""
    of_losses_E = np.append(sums["ax"][0] - sums["ax"][1], sums["a"][0] - sums["a"][1])
    return np.append(space.times(weights_E[:-1]), 0.0) - C * of_losses_E


def certificate(space: Space, weights_E: Array, sums: Arrays, C: float, *, squared: bool) -> Certificate:
    """The objective itself, and a dual that is feasible."""
    primal = 0.5 * space.square(weights_E[:-1]) + C * float(sums["loss"][0])
    a_2 = sums["a"]
    scale_2 = a_2.min() / np.where(a_2 > 0.0, a_2, 1.0)
    v_D = C * (scale_2[0] * sums["ax"][0] - scale_2[1] * sums["ax"][1])
    curved = 0.25 * float(scale_2**2 @ sums["aa"]) if squared else 0.0
    return Certificate(primal, C * (float(scale_2 @ sums["reward"]) - curved) - 0.5 * space.dual_square(v_D))
