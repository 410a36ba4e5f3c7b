"""A squared error by way of its sums of products: one pass over the rows, then no row is needed any more. Pure.

    sum_i (w'a_i - y_i)^2 = w'Gw - 2 w'c + y'y        a = [x, 1], G = A'A, c = A'y

Shapes: N rows of one shard, D features, E = D + 1 with the intercept, K = 1 output.
"""

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Rows
from lsml_trainer.algorithms.gradient_descent.state import Slope
from lsml_trainer.algorithms.weighting import total_weight
from lsml_trainer.elastic.team import Arrays

Array = NDArray[np.float64]


def gram_sums(rows: Rows) -> Arrays:
    """A'A, y'A and y'y with A = [x, 1], weighted and summed over the rows in float64; O(N D^2)."""
    x_ND, y_N = (array.astype(np.float64, copy=False) for array in (rows.x_ND, rows.y_N))
    features, weight = x_ND.shape[1], total_weight(rows)
    one_N = np.ones(len(y_N))
    if rows.weight_N is not None:
        one_N = np.sqrt(rows.weight_N)
        x_ND, y_N = x_ND * one_N[:, None], y_N * one_N
    gram_EE = np.empty((features + 1, features + 1))
    np.matmul(x_ND.T, x_ND, out=gram_EE[:-1, :-1])  # numpy sees that it is symmetric
    gram_EE[-1, :-1] = gram_EE[:-1, -1] = one_N @ x_ND
    gram_EE[-1, -1] = weight[0]
    cross_1E = np.append(y_N @ x_ND, y_N @ one_N)[None, :]
    return {"gram": gram_EE, "cross": cross_1E, "square": np.asarray(y_N @ y_N), "weight": weight}


def gram_slope(weights_KE: Array, sums: Arrays) -> Slope:
    """Half the mean squared error and its gradient from the sums over all rows: O(E^2), reads no row."""
    product_KE, total = weights_KE @ sums["gram"], float(sums["weight"][0])
    square = ((product_KE - 2.0 * sums["cross"]) * weights_KE).sum() + float(sums["square"])
    # Where the fit is perfect, rounding can leave the sum of squares just below 0.
    return max(0.0, float(square)) / (2.0 * total), (product_KE - sums["cross"]) / total
