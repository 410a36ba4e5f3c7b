"""Kernels k(x, z) between the rows of two matrices: pure, in the precision of what they are given.

    linear  x'z
    poly    (gamma * x'z + coef0)^degree
    rbf     exp(-gamma * |x - z|^2)

Each is a function of one inner product, k(x, z) = finish(left(x)'right(z)), so that a block of the kernel is a matrix
product and one pass over its entries, and whoever needs many blocks lifts the rows once.
Source: Schoelkopf and Smola, Learning with Kernels, 2002, chapter 2; names and meanings are scikit-learn's.
Shapes: A (M, D) and B (N, D) give (M, N); a lifted row has E columns.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.exponential import exponential_sums, exponentials

TILE_BYTES = 1 << 20  # half of a core's second cache
TILE_COLUMNS = 512  # square tiles: a product of few rows spends its time on packing the other side

Matrix: TypeAlias = NDArray[np.floating[Any]]


class Kernel(Protocol):
    """A kernel with its numbers."""

    def left(self, a_MD: Matrix) -> Matrix:
        """Rows lifted for the left side of the product."""
        ...

    def right(self, b_ND: Matrix) -> Matrix:
        """Rows lifted for the right side."""
        ...

    def finish(self, product_MN: Matrix) -> None:
        """Turns left(a) right(b)' into the kernel, in place."""
        ...

    def weighted(self, product_MN: Matrix, weight_N: Matrix) -> Matrix:
        """The kernel's product with the weights, (M,); the given product is spoilt."""
        ...


@dataclass(frozen=True)
class Linear:
    """x'z."""

    def left(self, a_MD: Matrix) -> Matrix:
        """x."""
        return a_MD

    def right(self, b_ND: Matrix) -> Matrix:
        """z."""
        return b_ND

    def finish(self, product_MN: Matrix) -> None:
        """It is the product itself."""

    def weighted(self, product_MN: Matrix, weight_N: Matrix) -> Matrix:
        """As the kernel."""
        return product_MN @ weight_N


@dataclass(frozen=True)
class Poly:
    """(gamma * x'z + coef0)^degree; infinite where that overflows."""

    gamma: float
    degree: int
    coef0: float

    def left(self, a_MD: Matrix) -> Matrix:
        """x."""
        return a_MD

    def right(self, b_ND: Matrix) -> Matrix:
        """gamma z."""
        return self.gamma * b_ND

    def finish(self, product_MN: Matrix) -> None:
        """(product + coef0)^degree, in about log2(degree) products."""
        product_MN += self.coef0
        with np.errstate(over="ignore", invalid="ignore"):
            product_MN[:] = _power(product_MN, self.degree)

    def weighted(self, product_MN: Matrix, weight_N: Matrix) -> Matrix:
        """As the kernel."""
        self.finish(product_MN)
        return product_MN @ weight_N


@dataclass(frozen=True)
class Rbf:
    """exp(-gamma * |x - z|^2), from |x - z|^2 = x'x + z'z - 2 x'z.

    Rounding may leave a distance below 0, which is taken for 0. Rows that lie far from the origin compared with their
    distances lose digits: `center_D`, such as the mean row, moves the origin and changes no distance.
    """

    gamma: float
    center_D: NDArray[np.float64] | float = 0.0

    def left(self, a_MD: Matrix) -> Matrix:
        """[x, -gamma x'x, 1]: the product is then the exponent itself, and no pass over the block adds the norms."""
        a_MD = a_MD - self.center_D
        return np.column_stack((a_MD, self._norms(a_MD), np.ones(len(a_MD), a_MD.dtype)))

    def right(self, b_ND: Matrix) -> Matrix:
        """[2 gamma z, 1, -gamma z'z]."""
        b_ND = b_ND - self.center_D
        return np.column_stack((2.0 * self.gamma * b_ND, np.ones(len(b_ND), b_ND.dtype), self._norms(b_ND)))

    def finish(self, product_MN: Matrix) -> None:
        """exp(min(product, 0))."""
        if product_MN.dtype == np.float32:
            return exponentials(product_MN)
        np.minimum(product_MN, 0.0, out=product_MN)
        np.exp(product_MN, out=product_MN)
        return None

    def weighted(self, product_MN: Matrix, weight_N: Matrix) -> Matrix:
        """As the kernel; in float32 the kernel is never stored."""
        if product_MN.dtype == np.float32:
            return exponential_sums(product_MN, weight_N)
        self.finish(product_MN)
        return product_MN @ weight_N

    def _norms(self, x_ND: Matrix) -> Matrix:
        norms_N: Matrix = np.einsum("nd,nd->n", x_ND, x_ND)
        norms_N *= -self.gamma
        return norms_N


def linear(a_MD: Matrix, b_ND: Matrix) -> Matrix:
    """x'z: one matrix product."""
    return between(Linear(), a_MD, b_ND)


def poly(a_MD: Matrix, b_ND: Matrix, *, gamma: float, degree: int, coef0: float) -> Matrix:
    """(gamma * x'z + coef0)^degree: one matrix product and about log2(degree) products of entries."""
    return between(Poly(gamma, degree, coef0), a_MD, b_ND)


def rbf(a_MD: Matrix, b_ND: Matrix, *, gamma: float) -> Matrix:
    """exp(-gamma * |x - z|^2): one matrix product and one exponential an entry.

    A matrix against itself (`a is b`) has exact ones on its diagonal.
    """
    return between(Rbf(gamma), a_MD, b_ND)


def between(kernel: Kernel, a_MD: Matrix, b_ND: Matrix) -> Matrix:
    """The kernel between all rows of two matrices; of one with itself the distances to itself are exact."""
    kernel_MN = np.empty((len(a_MD), len(b_ND)), a_MD.dtype)
    fill(kernel, kernel.left(a_MD), kernel.right(b_ND), kernel_MN)
    if a_MD is b_ND:
        exact_diagonal(kernel, kernel_MN)
    return kernel_MN


def fill(kernel: Kernel, left_ME: Matrix, right_NE: Matrix, out_MN: Matrix) -> None:
    """`out_MN` has been filled with the kernel of lifted rows, tile by tile."""
    for rows, columns in tiles(len(left_ME), len(right_NE), out_MN.itemsize):
        tile = left_ME[rows] @ right_NE[columns].T  # contiguous: a view of the matrix is finished far more slowly
        kernel.finish(tile)
        out_MN[rows, columns] = tile


def tiles(rows: int, columns: int, item_bytes: int) -> Iterator[tuple[slice, slice]]:
    """Slices of rows and columns that cover a matrix, each so small that it is in the cache when it is finished."""
    step = max(1, TILE_BYTES // (item_bytes * TILE_COLUMNS))
    for row in range(0, rows, step):
        for column in range(0, columns, TILE_COLUMNS):
            yield slice(row, min(row + step, rows)), slice(column, min(column + TILE_COLUMNS, columns))


def exact_diagonal(kernel: Kernel, kernel_NN: Matrix) -> None:
    """Ones for RBF: the distance of a row to itself has been rounded."""
    if isinstance(kernel, Rbf):
        np.fill_diagonal(kernel_NN, 1.0)


def gamma_number(gamma: float | Literal["scale", "auto"], features: int, variance: float) -> float:
    """The width in numbers: scale is 1 / (features * variance) (1 where nothing varies), auto is 1 / features.

    `variance` is that of all entries of the training matrix, taken together, as scikit-learn's X.var().
    """
    if gamma == "auto":
        return 1.0 / features
    if gamma == "scale":
        return 1.0 / (features * variance) if variance > 0.0 else 1.0
    return gamma


def _power(base_MN: Matrix, exponent: int) -> Matrix:
    """base^exponent by repeated squaring, exponent >= 1: a few times faster than a general power."""
    result = base_MN if exponent & 1 else None
    while exponent := exponent >> 1:
        base_MN = base_MN * base_MN
        if exponent & 1:
            result = base_MN if result is None else result * base_MN
    assert result is not None, "the exponent is at least 1"
    return result
