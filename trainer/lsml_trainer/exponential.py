"""exp(min(z, 0)) in float32, in one pass: a fifth of numpy's time, which takes two and a slower exponential.

    exp(z) = 2^k exp(f),   k = round(z / ln 2),   f = z - k ln 2 in two parts,   |f| <= ln 2 / 2
exp(f) by a polynomial; the error is 2 units in the last place. Below -87 it is taken for exp(-87) = 2e-38.
Source: Cephes, expf.  Shapes: M rows, N columns.
"""

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.compiled import compiled

Single = NDArray[np.float32]

LOWEST = np.float32(-87.0)
LOG2_E = np.float32(1.44269504)
LN2_HIGH, LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
HALF, ONE = np.float32(0.5), np.float32(1.0)
P0, P1, P2 = np.float32(1.9875691500e-4), np.float32(1.3981999507e-3), np.float32(8.3334519073e-3)
P3, P4 = np.float32(4.1665795894e-2), np.float32(1.6666665459e-1)
BIAS, MANTISSA = np.int32(127), np.int32(23)  # of a float32: 2^k is the integer (k + 127) << 23


@compiled
def exponential(z: np.float32) -> np.float32:
    """exp(min(z, 0)): about 0.3 ns in a loop."""
    z = max(min(z, np.float32(0.0)), LOWEST)
    k = np.floor(z * LOG2_E + HALF)
    f = z - k * LN2_HIGH - k * LN2_LOW
    polynomial = ((((P0 * f + P1) * f + P2) * f + P3) * f + P4) * f + HALF
    power = np.int32((np.int32(k) + BIAS) << MANTISSA).view(np.float32)
    result: np.float32 = power * (polynomial * f * f + f + ONE)
    return result


@compiled
def exponentials(z_MN: Single) -> None:
    """Each entry has become exp(min(z, 0))."""
    for row in range(z_MN.shape[0]):
        for column in range(z_MN.shape[1]):
            z_MN[row, column] = exponential(z_MN[row, column])


@compiled
def exponential_sums(z_MN: Single, weight_N: Single) -> Single:
    """sum_n w_n exp(min(z_mn, 0)), (M,): the exponentials are never stored."""
    sum_M = np.empty(len(z_MN), np.float32)
    for row in range(len(z_MN)):
        total = np.float32(0.0)
        for column in range(len(weight_N)):
            total += weight_N[column] * exponential(z_MN[row, column])
        sum_M[row] = total
    return sum_M
