"""Conjugate gradients: a linear system by products with its matrix alone. Pure.

Source: Hestenes and Stiefel, Methods of conjugate gradients for solving linear systems, 1952; preconditioned,
and ended by the size of what is left, as in Keerthi and DeCoste, A modified finite Newton method for fast
solution of large scale linear SVMs, JMLR 6, 2005.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def conjugate_gradients(
    times: Callable[[Array], Array], right_E: Array, scaled: Callable[[Array], Array], share: float, most: int
) -> Array:
    """x with Ax = right but for `share` of it, in the norm of `scaled`, or what `most` products give.

    `scaled` multiplies with a guess of A's inverse, such as that of its diagonal. Both are positive definite; also
    where A is not to rounding, x'right is never negative.
    """
    x_E, rest_E = np.zeros_like(right_E), right_E.copy()
    way_E = scaled_E = scaled(rest_E)
    size = float(rest_E @ scaled_E)
    enough = share * share * size
    for _ in range(most):
        if size <= enough:
            break
        image_E = times(way_E)
        bend = float(way_E @ image_E)
        if not bend > 0.0:
            break
        x_E += size / bend * way_E
        rest_E -= size / bend * image_E
        scaled_E = scaled(rest_E)
        before, size = size, float(rest_E @ scaled_E)
        way_E = scaled_E + size / before * way_E
    return x_E
