"""The losses of one score once more, for compiled loops: value and slope together, in float64; formulas in `losses.py`.

    log(1 + e) = 2 artanh(s) = 2 (s + s^3 / 3 + s^5 / 5 + ...),   s = e / (2 + e) <= 1/3 for e <= 1
Both functions below take the vector unit, which the mathematical library's do not. Source of the exponential: Cephes,
exp.c.  Shapes: T rows of a tile.
"""

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Features
from lsml_trainer.compiled import compiled, compiled_exactly

Array = NDArray[np.float64]

MSE, HUBER, TUBE, SQUARED_TUBE, LOG, HINGE, SQUARED_HINGE = range(7)
CODES = {
    "mse": MSE,
    "huber": HUBER,
    "epsilon_insensitive": TUBE,
    "squared_epsilon_insensitive": SQUARED_TUBE,
    "log_loss": LOG,
    "hinge": HINGE,
    "squared_hinge": SQUARED_HINGE,
}
"""Of the losses, as `losses.py` names them."""
LOWEST, LOG2_E = -708.0, 1.4426950408889634
LN2_HIGH, LN2_LOW = 6.93145751953125e-1, 1.42860682030941723212e-6
P0, P1, P2 = 1.26177193074810590878e-4, 3.02994407707441961300e-2, 9.99999999999999999910e-1
Q0, Q1, Q2, Q3 = 3.00198505138664455042e-6, 2.52448340349684104192e-3, 2.27265548208155028766e-1, 2.0
BIAS, MANTISSA = np.int64(1023), np.int64(52)  # of a float64: 2^k is the integer (k + 1023) << 52


@compiled_exactly  # the two parts of ln 2 must not be put together
def decay(z: float) -> float:
    """exp(z) for z <= 0, to 2 units in the last place; below -708 it is taken for exp(-708) = 3e-308."""
    z = max(z, LOWEST)
    k = np.floor(z * LOG2_E + 0.5)
    f = z - k * LN2_HIGH - k * LN2_LOW
    square = f * f
    p = f * ((P0 * square + P1) * square + P2)
    q = ((Q0 * square + Q1) * square + Q2) * square + Q3
    power = np.int64((np.int64(np.int32(k)) + BIAS) << MANTISSA).view(np.float64)
    result: float = power * (1.0 + 2.0 * p / (q - p))
    return result


@compiled_exactly
def log_of_one_and(e: float) -> float:
    """log(1 + e) for 0 <= e <= 1, to 2 units in the last place also where e is tiny."""
    s = e / (2.0 + e)
    square = s * s
    series = 1.0 / 33.0
    for k in range(15, -1, -1):
        series = series * square + 1.0 / (2 * k + 1)
    return 2.0 * s * series


@compiled
def slopes(loss: int, epsilon: float, z_T: Features, t_T: Array, c_T: Array, s_T: Features) -> float:
    """The weighted losses, summed; z_T are scores, t_T targets, c_T weights, and s_T has become weight times slope."""
    if loss >= LOG:
        return slopes_of_classes(loss, z_T, t_T, c_T, s_T)
    return slopes_of_numbers(loss, epsilon, z_T, t_T, c_T, s_T)


@compiled
def slopes_of_numbers(loss: int, epsilon: float, z_T: Features, t_T: Array, c_T: Array, s_T: Features) -> float:
    """As slopes."""
    total = 0.0
    if loss == MSE:
        for i in range(len(z_T)):
            r = z_T[i] - t_T[i]
            total += 0.5 * c_T[i] * r * r
            s_T[i] = c_T[i] * r
    elif loss == HUBER:
        for i in range(len(z_T)):
            r = z_T[i] - t_T[i]
            near = max(-epsilon, min(epsilon, r))
            total += c_T[i] * near * (r - 0.5 * near)
            s_T[i] = c_T[i] * near
    elif loss == TUBE:
        for i in range(len(z_T)):
            r = z_T[i] - t_T[i]
            beyond = abs(r) - epsilon
            sign = 1.0 if r > 0.0 else -1.0
            total += c_T[i] * max(0.0, beyond)
            s_T[i] = c_T[i] * (sign if beyond > 0.0 else 0.0)
    else:
        for i in range(len(z_T)):
            r = z_T[i] - t_T[i]
            beyond = r - max(-epsilon, min(epsilon, r))
            total += c_T[i] * beyond * beyond
            s_T[i] = 2.0 * c_T[i] * beyond
    return total


@compiled
def slopes_of_classes(loss: int, z_T: Features, t_T: Array, c_T: Array, s_T: Features) -> float:
    """As slopes; targets are 1 and -1."""
    total = 0.0
    if loss == LOG:
        for i in range(len(z_T)):
            margin = t_T[i] * z_T[i]
            e = decay(-abs(margin))
            share = (e if margin >= 0.0 else 1.0) / (1.0 + e)
            total += c_T[i] * (log_of_one_and(e) - min(0.0, margin))
            s_T[i] = -t_T[i] * c_T[i] * share
    elif loss == HINGE:
        for i in range(len(z_T)):
            short = 1.0 - t_T[i] * z_T[i]
            total += c_T[i] * max(0.0, short)
            s_T[i] = -t_T[i] * c_T[i] * (1.0 if short >= 0.0 else 0.0)
    else:
        for i in range(len(z_T)):
            short = max(0.0, 1.0 - t_T[i] * z_T[i])
            total += c_T[i] * short * short
            s_T[i] = -2.0 * t_T[i] * c_T[i] * short
    return total
