"""Mean 0 and variance 1 for each feature, by the statistics of the training rows; as scikit-learn's StandardScaler."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Standardization:
    """x becomes (x - mean) / scale, feature by feature."""

    mean_D: NDArray[np.float64]
    scale_D: NDArray[np.float64]
    """The standard deviation (N, not N - 1, in the denominator); 1 for a constant feature."""

    def apply(self, x_ND: NDArray[np.float64]) -> NDArray[np.float64]:
        """A new, C-contiguous array."""
        shifted_ND = x_ND - self.mean_D
        shifted_ND /= self.scale_D
        return np.ascontiguousarray(shifted_ND)


def standardization_of(x_ND: NDArray[np.float64]) -> Standardization:
    """The statistics of these rows; N > 0."""
    mean_D, variance_D = x_ND.mean(axis=0), x_ND.var(axis=0)
    # A constant feature's variance is rounding, not information. The bound is scikit-learn's (_is_constant_feature).
    rounding = np.finfo(np.float64).eps
    rows = x_ND.shape[0]
    constant_D = variance_D <= rows * rounding * variance_D + (rows * rounding * mean_D) ** 2
    return Standardization(mean_D, np.where(constant_D, 1.0, np.sqrt(variance_D)))
