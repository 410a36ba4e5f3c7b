"""The linear machine's sums over rows: its objective made smooth, two derivatives, and what certifies a solution. Pure.

    F(w, b) = w'w / 2 + C sum_i c_i loss(m_i)        m_i = y_i (w'x_i + b), y in {-1, +1}, c_i the row's weight
    squared hinge    max(0, 1 - m)^2
    hinge            0 where m >= 1,  (1 - m)^2 / (2 width) where 1 - m <= width,  else 1 - m - width / 2
The hinge is rounded off at its kink, by `width`; the objective is then too small by C sum c width / 2 at most.

The slopes a_i = -loss'(m_i) are a point of the dual as soon as both classes have the same sum: the larger class is
scaled down to that, which keeps 0 <= a_i <= 1. With v = C sum c_i a_i y_i x_i the dual is
    C sum c_i a_i - v'v / 2                           hinge
    C sum c_i (a_i - a_i^2 / 4) - v'v / 2             squared hinge
Source: Chapelle, Training a support vector machine in the primal, Neural computation 19, 2007; Fan et al., LIBLINEAR,
JMLR 9, 2008.  Shapes: N rows, D features, E = D + 1 with the intercept; 2: the first class (y = +1), the second.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Features, Rows
from lsml_trainer.algorithms.linear import blocks
from lsml_trainer.elastic.team import Arrays, summed

Array = NDArray[np.float64]


class Kind(NamedTuple):
    """Which loss, and of which two classes."""

    first: int
    second: int
    squared: bool
    width: float
    """Not used where the loss is squared."""


class Slopes(NamedTuple):
    """Of the loss at each row's margin; (N,)."""

    smooth_N: Features
    """The loss made smooth."""
    loss_N: Features
    """The loss itself."""
    a_N: Features
    curve_N: Features
    """The second derivative."""


def slopes(m_N: Features, kind: Kind) -> Slopes:
    """The formulae above."""
    short_N = np.maximum(1.0 - m_N, np.zeros((), m_N.dtype))
    if kind.squared:
        square_N = short_N * short_N
        return Slopes(square_N, square_N, 2.0 * short_N, 2.0 * (short_N > 0.0).astype(m_N.dtype))
    width = m_N.dtype.type(kind.width)
    a_N = np.minimum(short_N / width, np.ones((), m_N.dtype))
    curve_N = ((short_N > 0.0) & (short_N < width)).astype(m_N.dtype) / width
    return Slopes(a_N * (short_N - 0.5 * width * a_N), short_N, a_N, curve_N)


def pair_sums(weights_E: Array, rows: Rows, kind: Kind) -> Arrays:
    """smooth, loss (1,), a and aa (a squared, weighted) (2,), ax (2, D), support (1,) and second (E, E)."""
    return summed(_of_block(weights_E, _of_pair(block, kind), kind) for block in blocks(rows))


def _of_pair(rows: Rows, kind: Kind) -> Rows:
    inside_N = (rows.y_N == kind.first) | (rows.y_N == kind.second)
    if inside_N.all():
        return rows
    weight_N = None if rows.weight_N is None else rows.weight_N[inside_N]
    return Rows(rows.x_ND[inside_N], rows.y_N[inside_N], weight_N)


def _of_block(weights_E: Array, rows: Rows, kind: Kind) -> Arrays:
    x_ND, near_E = rows.x_ND, weights_E.astype(rows.x_ND.dtype)
    first_N = rows.y_N == kind.first
    one = np.ones((), x_ND.dtype)
    found = slopes(np.where(first_N, one, -one) * (x_ND @ near_E[:-1] + near_E[-1]), kind)
    c_N = np.broadcast_to(one, first_N.shape) if rows.weight_N is None else rows.weight_N.astype(x_ND.dtype)
    a_N = c_N * found.a_N
    a_2N = np.stack([np.where(first_N, a_N, 0 * one), np.where(first_N, 0 * one, a_N)])
    return {
        "smooth": np.array([np.sum(c_N * found.smooth_N, dtype=np.float64)]),
        "loss": np.array([np.sum(c_N * found.loss_N, dtype=np.float64)]),
        "a": a_2N.sum(axis=1, dtype=np.float64),
        "aa": (a_2N * found.a_N).sum(axis=1, dtype=np.float64),
        "ax": (a_2N @ x_ND).astype(np.float64),
        "support": np.array([float(np.count_nonzero(a_N))]),
        "second": _second(x_ND, c_N * found.curve_N),
    }


def _second(x_ND: Features, curve_N: Features) -> Array:
    """A' diag(curve) A, A = [x, 1]; of the rows that bend, which are few where the hinge is hardly rounded off."""
    bent = np.flatnonzero(curve_N)
    root_N = np.sqrt(curve_N[bent])
    a_NE = np.column_stack([x_ND[bent] * root_N[:, None], root_N])
    second_EE: Array = (a_NE.T @ a_NE).astype(np.float64)
    return second_EE


class Certificate(NamedTuple):
    """What brackets the best objective there is."""

    primal: float
    dual: float


def objective(weights_E: Array, sums: Arrays, C: float) -> float:
    """F, made smooth."""
    return 0.5 * float(weights_E[:-1] @ weights_E[:-1]) + C * float(sums["smooth"][0])


def gradient(weights_E: Array, sums: Arrays, C: float) -> Array:
    """Of F, made smooth; (E,)."""
    return np.append(weights_E[:-1] - C * (sums["ax"][0] - sums["ax"][1]), -C * (sums["a"][0] - sums["a"][1]))


def certificate(weights_E: Array, sums: Arrays, C: float, *, squared: bool) -> Certificate:
    """The objective itself, and a dual that is feasible."""
    primal = 0.5 * float(weights_E[:-1] @ weights_E[:-1]) + C * float(sums["loss"][0])
    a_2 = sums["a"]
    scale_2 = a_2.min() / np.where(a_2 > 0.0, a_2, 1.0)
    v_D = C * (scale_2[0] * sums["ax"][0] - scale_2[1] * sums["ax"][1])
    curved = 0.25 * float(scale_2**2 @ sums["aa"]) if squared else 0.0
    return Certificate(primal, C * (float(scale_2 @ a_2) - curved) - 0.5 * float(v_D @ v_D))
