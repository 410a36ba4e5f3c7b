"""Where a machine in the primal lives: what its weights are multiplied with, and the inner product of the weights.

    |f|^2 = w'Gw        Plain: the features themselves, G = 1
                        Nystrom: the kernel with M rows of the data, its centres, G = K(centres, centres)
Source: Williams and Seeger, Using the Nystroem method to speed up kernel machines, NIPS 13, 2001: the machine that has
all rows but only functions sum_m w_m k(z_m, x).  Shapes: N rows, D features, M weights without the intercept.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_solve, cholesky

from lsml_trainer.algorithms.base import Rows, Unsuitable
from lsml_trainer.algorithms.linear import blocks
from lsml_trainer.algorithms.svm.falkon import Preconditioner
from lsml_trainer.kernels import Kernel, between, fill

Array = NDArray[np.float64]

BLOCK_ROWS = 1024  # of a block of the kernel: fewer make its products slow
BLOCK_BYTES = 2 << 20
HIDDEN = 4.0  # jitters: what is left of one of a few equal centres
JITTER = {np.dtype(np.float32): 1e-7, np.dtype(np.float64): 1e-12}
"""Added to G's diagonal, as a share of its trace: what rounding of the kernel may hide (equal or close centres)."""


class Space(Protocol):
    """The features of rows, and G."""

    @property
    def size(self) -> int:
        """M."""
        ...

    def blocks(self, rows: Rows) -> Iterator[Rows]:
        """The rows with their features in this space, block by block; at least one."""
        ...

    def times(self, w_M: Array) -> Array:
        """Gw."""
        ...

    def square(self, w_M: Array) -> float:
        """w'Gw."""
        ...

    def dual_square(self, v_M: Array) -> float:
        """v'G^-1 v."""
        ...

    def added(self, second_EE: Array) -> Array:
        """G, and nothing for the intercept, added to a matrix (M + 1, M + 1)."""
        ...


@dataclass(frozen=True)
class Plain:
    """The features as they are."""

    size: int

    def blocks(self, rows: Rows) -> Iterator[Rows]:
        """As Space; views."""
        return blocks(rows)

    def times(self, w_M: Array) -> Array:
        """As Space."""
        return w_M

    def square(self, w_M: Array) -> float:
        """As Space."""
        return float(w_M @ w_M)

    def dual_square(self, v_M: Array) -> float:
        """As Space."""
        return float(v_M @ v_M)

    def added(self, second_EE: Array) -> Array:
        """As Space."""
        return second_EE + np.diag(np.append(np.ones(self.size), 0.0))


@dataclass(frozen=True)
class Nystrom:
    """The kernel with the centres."""

    kernel: Kernel
    center_MD: Array
    """The centres: rows of the data."""
    precision: np.dtype[np.floating[Any]]
    """In which the kernel of the rows is taken."""

    @property
    def size(self) -> int:
        """As Space."""
        return len(self.center_MD)

    @cached_property
    def gram_MM(self) -> Array:
        """G."""
        gram_MM = between(self.kernel, self.center_MD, self.center_MD).astype(np.float64, copy=False)
        gram_MM[np.diag_indices(self.size)] += JITTER[self.precision] * max(float(np.trace(gram_MM)), 1e-300)
        return gram_MM

    @property
    def rank(self) -> int:
        """Centres that are, but for rounding, no sums of those before them."""
        pivot_M = self.factor_MM.diagonal() ** 2
        hidden = HIDDEN * JITTER[self.precision] * float(np.trace(self.gram_MM))
        return int(np.count_nonzero(pivot_M > hidden))

    @cached_property
    def factor_MM(self) -> Array:
        """L of G = LL'; raises Unsuitable where the kernel has none."""
        try:
            factor_MM: Array = cholesky(self.gram_MM, lower=True)
        except LinAlgError:
            raise Unsuitable(
                f"the kernel of {self.size} rows has no positive definite matrix, which svm.approximation needs; "
                "of a polynomial kernel set svm.coef0 to 0 or more"
            ) from None
        return factor_MM

    @cached_property
    def preconditioner(self) -> Preconditioner:
        """Of the objective's second derivatives, where their matrix is not made."""
        return Preconditioner(self.factor_MM)

    @cached_property
    def _right_ME(self) -> NDArray[np.floating[Any]]:
        return self.kernel.right(self.center_MD).astype(self.precision, copy=False)

    def blocks(self, rows: Rows) -> Iterator[Rows]:
        """As Space; never more than one block of the kernel in memory."""
        step = max(BLOCK_ROWS, BLOCK_BYTES // (self.precision.itemsize * self.size))
        for begin in range(0, max(1, len(rows.y_N)), step):
            some = slice(begin, begin + step)
            left_NE = self.kernel.left(rows.x_ND[some].astype(np.float64)).astype(self.precision, copy=False)
            kernel_NM = np.empty((len(left_NE), self.size), self.precision)
            fill(self.kernel, left_NE, self._right_ME, kernel_NM)
            yield Rows(kernel_NM, rows.y_N[some], None if rows.weight_N is None else rows.weight_N[some])

    def times(self, w_M: Array) -> Array:
        """As Space."""
        product_M: Array = self.gram_MM @ w_M
        return product_M

    def square(self, w_M: Array) -> float:
        """As Space."""
        return float(w_M @ self.gram_MM @ w_M)

    def dual_square(self, v_M: Array) -> float:
        """As Space."""
        return float(v_M @ cho_solve((self.factor_MM, True), v_M))

    def added(self, second_EE: Array) -> Array:
        """As Space."""
        sum_EE = second_EE.copy()
        sum_EE[:-1, :-1] += self.gram_MM
        return sum_EE
