"""Sequential minimal optimisation on the rows of a working set: the inner loop of everything here.

Each move takes from row j what it gives to row i. Row i is the one whose gradient pulls hardest upwards, row j the one
that lowers the objective most (second-order choice):
    i = argmax { error_i : beta_i < upper_i },   j = argmax { (error_i - error_j)^2 / eta_ij : beta_j > lower_j }
    eta_ij = K_ii + K_jj - 2 K_ij
Source: Platt, Fast training of SVMs using SMO, 1998; Fan, Chen, Lin, Working set selection using second order
information for training SVMs, JMLR 6, 2005 (WSS 2).  Shapes: B rows of the working set.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.compiled import compiled
from lsml_trainer.kernels import Matrix

Array = NDArray[np.float64]

FLAT = 1e-12  # libsvm's TAU: the curvature of a direction in which the objective is flat, or not convex by rounding
LOOK_EVERY = 16  # moves between two looks at the stopping rule, which costs a pass over the rows


class Descent:
    """A point on its way down: min beta' K beta / 2 - p' beta within the box, the sum of beta unchanged.

    `error_B` = p - K beta is the negative gradient. The precision of the errors is that of the kernel; beta is exact.
    """

    def __init__(self, kernel_BB: Matrix, lower_B: Array, upper_B: Array, beta_B: Array, error_B: Array) -> None:
        self.kernel_BB = kernel_BB
        self.lower_B, self.upper_B = lower_B, upper_B
        self.beta_B = beta_B.copy()
        self.error_B = error_B.astype(kernel_BB.dtype)
        self._diagonal_B = kernel_BB.diagonal().copy()

    def violation(self) -> float:
        """m - M: 0 or less at the optimum."""
        up_B, down_B = self._both()
        return float(up_B.max() - down_B.min())

    def moves(self, most: int, tolerance: float) -> int:
        """How many moves were made: fewer than `most` once no two rows violate the conditions by more than `tolerance`.

        About 1 microsecond a move for B = 1024: two passes over B at the speed of the first cache.
        """
        up_B, down_B = self._both()
        box = (self.lower_B, self.upper_B, self.beta_B)
        limits = np.array([tolerance, FLAT], self.kernel_BB.dtype)  # one type throughout: float32 stays float32
        made = _moves(self.kernel_BB, self._diagonal_B, *box, up_B, down_B, most, limits)
        self.error_B = np.where(np.isfinite(up_B), up_B, down_B)
        return made

    def _both(self) -> tuple[Matrix, Matrix]:
        """The errors of the rows that may go up (else -inf), and of those that may go down (else +inf)."""
        kind = self.error_B.dtype
        up_B = np.where(self.beta_B < self.upper_B, self.error_B, -np.inf).astype(kind)
        return up_B, np.where(self.beta_B > self.lower_B, self.error_B, np.inf).astype(kind)


@compiled
def _moves(
    kernel_BB: Matrix,
    diagonal_B: Matrix,
    lower_B: Array,
    upper_B: Array,
    beta_B: Array,
    up_B: Matrix,
    down_B: Matrix,
    most: int,
    limits: Matrix,
) -> int:
    """Moves beta, and the errors up_B and down_B with it; `limits` are the tolerance and FLAT."""
    tolerance, flat = limits
    gain_B = np.empty_like(up_B)
    for made in range(most):
        i = _largest(up_B)
        highest = up_B[i]
        if made % LOOK_EVERY == 0 and not highest - down_B.min() > tolerance:
            return made
        _gains(kernel_BB[i], diagonal_B, highest, diagonal_B[i], down_B, flat, gain_B)
        j = _largest(gain_B)
        lowest = down_B[j]
        if not highest > lowest:
            return made
        room, stock = upper_B[i] - beta_B[i], beta_B[j] - lower_B[j]
        eta = max(diagonal_B[i] + diagonal_B[j] - kernel_BB[i, j] - kernel_BB[i, j], flat)
        amount = min((highest - lowest) / eta, room, stock)
        down_B[i], up_B[j] = highest, lowest  # i can come back, j can go back
        _move(kernel_BB[i], kernel_BB[j], up_B.dtype.type(amount), up_B, down_B)
        beta_B[i] += amount
        beta_B[j] -= amount
        if amount == room:  # exactly at its bound, whatever the sum's rounding
            beta_B[i], up_B[i] = upper_B[i], -np.inf
        if amount == stock:
            beta_B[j], down_B[j] = lower_B[j], np.inf
    return most


@compiled
def _largest(value_B: Matrix) -> int:
    """The first row of the largest value."""
    best, at = value_B[0], 0
    for row in range(1, len(value_B)):
        if value_B[row] > best:
            best, at = value_B[row], row
    return at


@compiled
def _gains(
    kernel_B: Matrix, diagonal_B: Matrix, highest: float, own: float, down_B: Matrix, flat: float, gain_B: Matrix
) -> None:
    """By how much a move to row i lowers the objective, twice: 0 where it would not."""
    nothing = gain_B.dtype.type(0)
    for row in range(len(down_B)):
        difference = max(highest - down_B[row], nothing)
        gain_B[row] = difference * difference / max(own + diagonal_B[row] - kernel_B[row] - kernel_B[row], flat)


@compiled
def _move(given_B: Matrix, taken_B: Matrix, amount: np.floating[Any], up_B: Matrix, down_B: Matrix) -> None:
    """The errors after a move: infinities stay what they are."""
    for row in range(len(up_B)):
        change = amount * (given_B[row] - taken_B[row])
        up_B[row] -= change
        down_B[row] -= change
