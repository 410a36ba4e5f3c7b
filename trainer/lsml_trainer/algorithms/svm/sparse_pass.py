"""Passes over CSR rows for a machine in the primal: the sums of `primal_sums.py`, and products with its curvature.

The matrix of second derivatives, A' diag(curve) A with A = [x, 1], is never made: what is wanted of it are products
with vectors, over the rows that bend alone.
Shapes: N rows, D features, E = D + 1 with the intercept, Z entries that are not 0; 2: signs, as in `primal_sums.py`.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Rows
from lsml_trainer.algorithms.svm.primal_pass import ONES, SUMS, counted
from lsml_trainer.algorithms.svm.primal_sums import Kind
from lsml_trainer.compiled import compiled
from lsml_trainer.elastic.team import Arrays

Array = NDArray[np.float64]
Places = NDArray[np.signedinteger[Any]]


class Csr(NamedTuple):
    """What a csr_array is made of."""

    value_Z: Array
    column_Z: Places
    start_N: Places
    """Where each row's entries begin, and the end of the last."""


class Pass(NamedTuple):
    """What a pass finds."""

    sums: Arrays
    """As `primal_sums.row_sums`, but without `second`."""
    curve_N: Array
    """The second derivative of each row's loss, weighted."""


def passed(weights_E: Array, rows: Rows, kind: Kind) -> Pass:
    """Over CSR rows; N = 0 allowed; O(Z + D)."""
    y_N, weight_N = _of_pair(rows, kind)
    width, epsilon = 0.0 if kind.squared else kind.width, -1.0 if kind.epsilon is None else kind.epsilon
    sums, ax_2D, curve_N = np.zeros((len(SUMS), 2)), np.zeros((2, len(weights_E) - 1)), np.zeros(len(y_N))
    _pass(csr(rows), weights_E, y_N, weight_N, width, epsilon, sums, ax_2D, curve_N)
    named = {name: sums[at, : 1 if at < ONES else 2] for at, name in enumerate(SUMS)}
    return Pass({**named, "ax": ax_2D}, curve_N)


def curved(rows: Rows, vector_E: Array) -> Arrays:
    """A' diag(weight) A times a vector, (E,); O(Z + D)."""
    assert rows.weight_N is not None, "the rows' curvature"
    product_E = np.zeros(len(vector_E))
    _curved(csr(rows), rows.weight_N, vector_E, product_E)
    return {"product": product_E}


def diagonal(rows: Rows) -> Arrays:
    """Of A' diag(weight) A, (E,); O(Z + D)."""
    assert rows.weight_N is not None, "the rows' curvature"
    value_Z, column_Z, start_N = csr(rows)
    square_Z = value_Z * value_Z * np.repeat(rows.weight_N, np.diff(start_N))
    of_features_D = np.bincount(column_Z, square_Z, minlength=rows.x_ND.shape[1])
    return {"diagonal": np.append(of_features_D, rows.weight_N.sum())}


def csr(rows: Rows) -> Csr:
    """Of rows whose features are a csr_array."""
    x_ND: Any = rows.x_ND  # what Features calls dense
    return Csr(x_ND.data, x_ND.indices, x_ND.indptr)


def _of_pair(rows: Rows, kind: Kind) -> tuple[Array, Array]:
    """Labels as the loss wants them, and the weights: of rows of neither class 0, which spares a copy of the others."""
    weight_N = np.ones(len(rows.y_N)) if rows.weight_N is None else rows.weight_N
    if kind.epsilon is not None:
        return rows.y_N.astype(np.float64, copy=False), weight_N
    first_N = rows.y_N == kind.first
    return np.where(first_N, 1.0, -1.0), weight_N * (first_N | (rows.y_N == kind.second))


@compiled
def _pass(
    rows: Csr,
    weights_E: Array,
    y_N: Array,
    weight_N: Array,
    width: float,
    epsilon: float,
    sums: Array,
    ax_2D: Array,
    curve_N: Array,
) -> None:
    value_Z, column_Z, start_N = rows
    intercept = weights_E[-1]
    for row in range(len(y_N)):
        if weight_N[row] == 0.0:
            continue
        score = intercept
        for at in range(start_N[row], start_N[row + 1]):
            score += weights_E[column_Z[at]] * value_Z[at]
        slope, curve_N[row], side = counted(score, y_N[row], weight_N[row], width, epsilon, intercept, sums)
        if slope == 0.0:
            continue
        for at in range(start_N[row], start_N[row + 1]):
            ax_2D[side, column_Z[at]] += slope * value_Z[at]


@compiled
def _curved(rows: Csr, weight_N: Array, vector_E: Array, product_E: Array) -> None:
    value_Z, column_Z, start_N = rows
    for row in range(len(weight_N)):
        score = vector_E[-1]
        for at in range(start_N[row], start_N[row + 1]):
            score += vector_E[column_Z[at]] * value_Z[at]
        score *= weight_N[row]
        for at in range(start_N[row], start_N[row + 1]):
            product_E[column_Z[at]] += score * value_Z[at]
        product_E[-1] += score
