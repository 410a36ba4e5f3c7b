"""Sequential minimal optimisation on the rows of a working set, in numpy: the inner loop of everything here.

Each move takes from row j what it gives to row i. Row i is the one whose gradient pulls hardest upwards, row j the one
that lowers the objective most (second-order choice):
    i = argmax { error_i : beta_i < upper_i },   j = argmax { (error_i - error_j)^2 / eta_ij : beta_j > lower_j }
    eta_ij = K_ii + K_jj - 2 K_ij
Source: Platt, Fast training of SVMs using SMO, 1998; Fan, Chen, Lin, Working set selection using second order
information for training SVMs, JMLR 6, 2005 (WSS 2).  Shapes: B rows of the working set.
"""

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.kernels import Matrix

Array = NDArray[np.float64]

FLAT = 1e-12  # libsvm's TAU: the curvature of a direction in which the objective is flat, or not convex by rounding
LOOK_EVERY = 16  # moves between two looks at the stopping rule, which costs a tenth of a move


class Descent:
    """A point on its way down: min beta' K beta / 2 - y' beta within the box, the sum of beta unchanged.

    `error_B` = y - K beta is the negative gradient. The precision of the vectors is that of the kernel; beta is exact.
    """

    def __init__(self, kernel_BB: Matrix, lower_B: Array, upper_B: Array, beta_B: Array, error_B: Array) -> None:
        self.kernel_BB = kernel_BB
        self.lower_B, self.upper_B = lower_B, upper_B
        self.beta_B = beta_B.copy()
        self.error_B = error_B.astype(kernel_BB.dtype)
        self._diagonal_B = kernel_BB.diagonal().copy()
        self._rows = list(kernel_BB)
        self._gains: list[Matrix | None] = [None] * len(beta_B)

    def violation(self) -> float:
        """m - M: 0 or less at the optimum."""
        up_B, down_B = self._both()
        return float(up_B.max() - down_B.min())

    def moves(self, most: int, tolerance: float) -> int:
        """How many moves were made: fewer than `most` once no two rows violate the conditions by more than `tolerance`.

        7 to 20 microseconds a move for B of 512 to 6000: numpy's calls are half of it, and each pass over B is short
        enough for the cache, hence the terse loop.
        """
        beta, lower, upper = self.beta_B.tolist(), self.lower_B.tolist(), self.upper_B.tolist()
        both_2B, rows, gains = self._both(), self._rows, self._gains
        up_B, down_B = both_2B
        change_B = np.empty_like(up_B)
        subtract, multiply, up_argmax, change_argmax = np.subtract, np.multiply, up_B.argmax, change_B.argmax
        made = 0
        while made < most:
            i = int(up_argmax())
            highest = up_B.item(i)
            subtract(highest, down_B, change_B)
            if made % LOOK_EVERY == 0 and not change_B.max() > tolerance:
                break
            gain_B = gains[i]
            if gain_B is None:
                gain_B = gains[i] = self._gain(i)
            multiply(change_B, gain_B, change_B)
            j = int(change_argmax())
            lowest, gain = down_B.item(j), gain_B.item(j)
            if not highest > lowest:
                break
            room, stock = upper[i] - beta[i], beta[j] - lower[j]
            amount = min((highest - lowest) * gain * gain, room, stock)
            subtract(rows[i], rows[j], change_B)
            multiply(change_B, amount, change_B)
            subtract(both_2B, change_B, both_2B)
            down_B[i], up_B[j] = up_B.item(i), down_B.item(j)  # i can come back, j can go back
            beta[i] += amount
            beta[j] -= amount
            if amount == room:  # exactly at its bound, whatever the sum's rounding
                beta[i], up_B[i] = upper[i], -np.inf
            if amount == stock:
                beta[j], down_B[j] = lower[j], np.inf
            made += 1
        self.beta_B = np.array(beta)
        self.error_B = np.where(np.isfinite(up_B), up_B, down_B)
        return made

    def _both(self) -> Matrix:
        """The errors twice: of the rows that may go up (else -inf), and of those that may go down (else +inf)."""
        both_2B = np.empty((2, len(self.beta_B)), self.error_B.dtype)
        both_2B[0] = np.where(self.beta_B < self.upper_B, self.error_B, -np.inf)
        both_2B[1] = np.where(self.beta_B > self.lower_B, self.error_B, np.inf)
        return both_2B

    def _gain(self, i: int) -> Matrix:
        """1 / sqrt(eta_i): the choice of j is then one product, and positive wherever error_i > error_j."""
        gain_B: Matrix = self._rows[i] * -2.0
        gain_B += self._diagonal_B
        gain_B += self._diagonal_B[i]
        np.maximum(gain_B, FLAT, out=gain_B)
        np.sqrt(gain_B, out=gain_B)
        np.reciprocal(gain_B, out=gain_B)
        return gain_B
