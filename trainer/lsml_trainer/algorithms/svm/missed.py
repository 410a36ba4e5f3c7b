"""How much of a kernel its centres miss, measured on rows that nobody learned from. Pure.

    sum_i k(x_i, x_i) - k_i' G^-1 k_i        k_i = k(centres, x_i), G = k(centres, centres)
as a share of sum_i k(x_i, x_i): what is left of the rows outside of the centres' span, 0 where the kernel is exact.
Source: Drineas and Mahoney, On the Nystrom method for approximating a Gram matrix, JMLR 6, 2005.
Shapes: N rows, M centres.
"""

from collections.abc import Iterable

import numpy as np
from scipy.linalg import solve_triangular

from lsml_trainer.algorithms.base import Features, Rows
from lsml_trainer.algorithms.svm.problem import kernel_of
from lsml_trainer.algorithms.svm.space import Nystrom
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.kernels import Kernel
from lsml_trainer.spec.svm import Svm

ENOUGH_ROWS = 10_000
MOST_CENTRES = 4096  # their kernel takes 128 MiB, and its factor as much


def missed_share(config: Svm, weights: Arrays, chunks: Iterable[Rows]) -> float | None:
    """Of the first ENOUGH_ROWS or more; None of more centres than MOST_CENTRES. O(N M^2 + M^3)."""
    if len(weights["centres"]) > MOST_CENTRES:
        return None
    kernel = kernel_of(config, float(weights["gamma"][0]), weights["center"])
    space = Nystrom(kernel, weights["centres"], np.dtype(np.float64))
    seen, whole, held = 0, 0.0, 0.0
    for rows in chunks:
        if seen >= ENOUGH_ROWS:
            break
        seen += len(rows.y_N)
        whole += _with_itself(kernel, rows.x_ND)
        for block in space.blocks(rows):
            held += float(np.square(solve_triangular(space.factor_MM, block.x_ND.T, lower=True)).sum())
    return max(0.0, 1.0 - held / whole) if whole > 0.0 else 0.0


def _with_itself(kernel: Kernel, x_ND: Features) -> float:
    """sum_i k(x_i, x_i)."""
    x_ND = x_ND.astype(np.float64)
    product_N1 = np.einsum("ne,ne->n", kernel.left(x_ND), kernel.right(x_ND))[:, None]
    kernel.finish(product_N1)
    return float(product_N1.sum())
