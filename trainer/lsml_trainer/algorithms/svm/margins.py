"""w'phi(x) + b for new rows, from the arrays of `weights.safetensors`.

Shapes: N rows, D features, S support vectors or centres, Q pairs of classes, 1 of a regression.
"""

from itertools import combinations

import numpy as np

from lsml_trainer.algorithms.base import Features
from lsml_trainer.algorithms.svm.problem import kernel_of
from lsml_trainer.algorithms.svm.state import Array
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.kernels import between
from lsml_trainer.spec.svm import Svm

BLOCK_ENTRIES = 1 << 20  # of a block of the kernel: 8 MiB


def margins(config: Svm, arrays: Arrays, x_ND: Features) -> Array:
    """(N, Q): of classes positive for the pair's first; of a regression the number itself."""
    intercept_Q = arrays["intercept"]
    if config.kernel == "linear":
        linear_NQ: Array = x_ND @ arrays["coef"].T + intercept_Q
        return linear_NQ
    margin_NQ = np.empty((len(x_ND), len(intercept_Q)))
    step = max(1, BLOCK_ENTRIES // max(1, len(_centers(arrays))))
    for start in range(0, len(x_ND), step):
        some_ND = x_ND[start : start + step].astype(np.float64, copy=False)
        margin_NQ[start : start + step] = _of_block(config, arrays, some_ND)
    return margin_NQ + intercept_Q


def _of_block(config: Svm, arrays: Arrays, x_ND: Array) -> Array:
    """Of classes: a product for each class with the coefficients of its support vectors."""
    kernel = kernel_of(config, float(arrays["gamma"][0]), arrays["center"])
    kernel_NS = between(kernel, x_ND, _centers(arrays))
    if "centres" in arrays:
        approximate_NQ: Array = kernel_NS @ arrays["coef"].T
        return approximate_NQ
    if "classes" not in arrays:
        regression_N1: Array = kernel_NS @ arrays["dual_coef"].T
        return regression_N1
    stops = arrays["n_support"].astype(np.int64).cumsum()
    kernels = np.split(kernel_NS, stops[:-1], axis=1)
    coefs = np.split(arrays["dual_coef"], stops[:-1], axis=1)
    share = [kernel_NC @ coef_KC.T for kernel_NC, coef_KC in zip(kernels, coefs, strict=True)]
    return np.column_stack([share[a][:, b - 1] + share[b][:, a] for a, b in combinations(range(len(stops)), 2)])


def _centers(arrays: Arrays) -> Array:
    """Of an approximated kernel, which many rows get also where nobody asked for it; else the support vectors."""
    return arrays["centres" if "centres" in arrays else "support_vectors"]
