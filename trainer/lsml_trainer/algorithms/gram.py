"""A squared error by way of its sums of products: one pass over the rows, then no row is needed any more. Pure.

    sum_i (w'a_i - y_i)^2 = w'Gw - 2 w'c + y'y        a = [x, 1], G = A'A, c = A'y

Shapes: N rows of one shard, D features, E = D + 1 with the intercept, K = 1 output.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Rows, Shard
from lsml_trainer.elastic.team import Arrays, summed

Array = NDArray[np.float64]

Slope: TypeAlias = tuple[float, Array]
"""An objective and its gradient, (K, E), at one point."""


def gram_sums(shard: Shard) -> Arrays:
    """A'A, y'A and y'y with A = [x, 1], summed over one shard; O(N D^2)."""
    return summed(map(_chunk_sums, shard.chunks()))


def _chunk_sums(chunk: Rows) -> Arrays:
    x_ND, y_N = (array.astype(np.float64, copy=False) for array in (chunk.x_ND, chunk.y_N))
    rows, features = x_ND.shape
    gram_EE = np.empty((features + 1, features + 1))
    np.matmul(x_ND.T, x_ND, out=gram_EE[:-1, :-1])
    gram_EE[-1, :-1] = gram_EE[:-1, -1] = x_ND.sum(axis=0)
    gram_EE[-1, -1] = rows
    return {"gram": gram_EE, "cross": np.append(y_N @ x_ND, y_N.sum())[None, :], "square": np.asarray(y_N @ y_N)}


def gram_slope(weights_KE: Array, sums: Arrays, rows: int) -> Slope:
    """Half the mean squared error and its gradient from the sums over all rows: O(E^2), reads no row."""
    product_KE = weights_KE @ sums["gram"]
    square = ((product_KE - 2.0 * sums["cross"]) * weights_KE).sum() + float(sums["square"])
    # Where the fit is perfect, rounding can leave the sum of squares just below 0.
    return max(0.0, float(square)) / (2 * rows), (product_KE - sums["cross"]) / rows
