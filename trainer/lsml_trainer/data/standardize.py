"""Mean 0 and variance 1 for each feature, by the statistics of the training rows; as scikit-learn's StandardScaler."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Features


@dataclass(frozen=True)
class Standardization:
    """x becomes (x - mean) / scale, feature by feature."""

    mean_D: NDArray[np.float64]
    scale_D: NDArray[np.float64]
    """The standard deviation (N, not N - 1, in the denominator); 1 for a constant feature."""

    def scale(self, x_ND: Features) -> Features:
        """The same array, changed in place and in its own precision."""
        x_ND -= self.mean_D.astype(x_ND.dtype)
        x_ND /= self.scale_D.astype(x_ND.dtype)
        return x_ND

    def sparing(self, kept_D: NDArray[np.bool_]) -> "Standardization":
        """The same, but these features stay what they are."""
        return Standardization(np.where(kept_D, 0.0, self.mean_D), np.where(kept_D, 1.0, self.scale_D))


def standardization_of(x_ND: Features) -> Standardization:
    """The statistics of these rows, taken in float64; N > 0."""
    mean_D, variance_D = x_ND.mean(axis=0, dtype=np.float64), x_ND.var(axis=0, dtype=np.float64)
    return from_moments(x_ND.shape[0], mean_D, variance_D)


def from_moments(rows: int, mean_D: NDArray[np.float64], variance_D: NDArray[np.float64]) -> Standardization:
    """From mean and variance (N in the denominator) of so many rows."""
    # A constant feature's variance is rounding, not information. The bound is scikit-learn's (_is_constant_feature).
    rounding = np.finfo(np.float64).eps
    constant_D = variance_D <= rows * rounding * variance_D + (rows * rounding * mean_D) ** 2
    return Standardization(mean_D, np.where(constant_D, 1.0, np.sqrt(variance_D)))
