"""A squared error by way of its sums of products: one pass over the rows, then no row is needed any more. Pure.

    sum_i (w'a_i - y_i)^2 = w'Gw - 2 w'c + y'y        a = [x, 1], G = A'A, c = A'y

Shapes: N rows of one shard, D features, E = D + 1 with the intercept, F = E + 1 with the label, K = 1 output.
"""

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Rows
from lsml_trainer.algorithms.gradient_descent.state import Slope
from lsml_trainer.algorithms.linear import blocks
from lsml_trainer.algorithms.weighting import total_weight
from lsml_trainer.elastic.team import Arrays, summed

Array = NDArray[np.float64]


def gram_sums(rows: Rows) -> Arrays:
    """A'A, y'A and y'y with A = [x, 1], weighted and summed over the rows in float64; O(N D^2)."""
    return summed(_of_block(block) for block in blocks(rows))


def _of_block(rows: Rows) -> Arrays:
    """One product of [x, 1, y] with itself, which numpy sees is symmetric."""
    x_ND, y_N, weight_N = rows
    all_NF = np.empty((len(y_N), x_ND.shape[1] + 2))
    all_NF[:, :-2], all_NF[:, -2], all_NF[:, -1] = x_ND, 1.0, y_N
    if weight_N is not None:
        all_NF *= np.sqrt(weight_N)[:, None]
    product_FF = all_NF.T @ all_NF
    gram_EE, cross_1E = product_FF[:-1, :-1], product_FF[-1:, :-1]
    return {"gram": gram_EE, "cross": cross_1E, "square": product_FF[-1, -1:], "weight": total_weight(rows)}


def square_sums(rows: Rows) -> Arrays:
    """The trace of A'A, weighted and summed over the rows in float64, which may be CSR; O(N D)."""
    square_N = (rows.x_ND * rows.x_ND).sum(axis=1, dtype=np.float64) + 1.0
    total = square_N.sum() if rows.weight_N is None else square_N @ rows.weight_N
    return {"square": np.array([total]), "weight": total_weight(rows)}


def gram_slope(weights_KE: Array, sums: Arrays) -> Slope:
    """Half the mean squared error and its gradient from the sums over all rows: O(E^2), reads no row."""
    product_KE, total = weights_KE @ sums["gram"], float(sums["weight"][0])
    square = ((product_KE - 2.0 * sums["cross"]) * weights_KE).sum() + float(sums["square"][0])
    # Where the fit is perfect, rounding can leave the sum of squares just below 0.
    return max(0.0, float(square)) / (2.0 * total), (product_KE - sums["cross"]) / total
