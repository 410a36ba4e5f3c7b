"""Kernels against scikit-learn's, and where their rounding matters."""

from functools import partial

import numpy as np
import pytest
from sklearn.metrics import pairwise

from lsml_trainer.kernels import Rbf, between, gamma_number, linear, poly, rbf, tiles

RANDOM = np.random.default_rng(5)
ROWS = RANDOM.normal(size=(40, 6))
OTHERS = RANDOM.normal(size=(1500, 6))  # more than a tile
EQUAL = {
    "linear": (linear, pairwise.linear_kernel),
    "rbf, narrow": (partial(rbf, gamma=2.0), partial(pairwise.rbf_kernel, gamma=2.0)),
    "rbf, wide": (partial(rbf, gamma=0.01), partial(pairwise.rbf_kernel, gamma=0.01)),
} | {
    f"poly, degree {degree}": (
        partial(poly, gamma=0.3, degree=degree, coef0=-0.5),
        partial(pairwise.polynomial_kernel, gamma=0.3, degree=degree, coef0=-0.5),
    )
    for degree in (1, 2, 3, 6, 7, 20)
}


@pytest.mark.parametrize(("ours", "theirs"), EQUAL.values(), ids=EQUAL)
@pytest.mark.parametrize("precision", [np.float64, np.float32])
def test_a_kernel_is_scikit_learns(ours, theirs, precision):
    got = ours(ROWS.astype(precision), OTHERS.astype(precision))
    wanted = theirs(ROWS, OTHERS)
    exact = precision is np.float64
    assert got.dtype == precision
    np.testing.assert_allclose(got, wanted, rtol=1e-12 if exact else 1e-4, atol=1e-14 if exact else 1e-5)


@pytest.mark.parametrize("kernel", [linear, partial(rbf, gamma=1.0), partial(poly, gamma=1.0, degree=2, coef0=0.0)])
def test_no_rows_give_an_empty_matrix(kernel):
    assert kernel(ROWS[:0], OTHERS).shape == (0, 1500)
    assert kernel(ROWS, OTHERS[:0]).shape == (40, 0)


def test_the_distance_of_a_row_to_itself_is_exact_and_none_is_negative():
    far = ROWS + 1e6
    kernel = rbf(far, far, gamma=1e6)
    assert (kernel.diagonal() == 1.0).all()
    assert kernel.max() == 1.0


def test_another_origin_keeps_the_digits_of_rows_that_lie_far_out():
    offset = 1e7
    wanted = rbf(ROWS, OTHERS, gamma=0.5)
    got = between(Rbf(0.5, np.full(6, offset)), ROWS + offset, OTHERS + offset)
    np.testing.assert_allclose(got, wanted, atol=1e-7)
    assert np.abs(rbf(ROWS + offset, OTHERS + offset, gamma=0.5) - wanted).max() > 1e-3


def test_the_arguments_stay_as_they_were():
    a, b = ROWS.copy(), OTHERS.copy()
    for kernel in (linear, partial(rbf, gamma=1.0), partial(poly, gamma=1.0, degree=3, coef0=1.0)):
        kernel(a, b)
    assert (a == ROWS).all()
    assert (b == OTHERS).all()


GAMMAS = {
    "a number is itself": ((0.25, 4, 9.0), 0.25),
    "auto: one over the features": (("auto", 4, 9.0), 0.25),
    "scale: and over the variance": (("scale", 4, 9.0), 1 / 36),
    "scale where nothing varies": (("scale", 4, 0.0), 1.0),
}


@pytest.mark.parametrize(("given", "wanted"), GAMMAS.values(), ids=GAMMAS)
def test_gamma(given, wanted):
    assert gamma_number(*given) == wanted


@pytest.mark.parametrize("shape", [(0, 0), (1, 1), (511, 513), (1024, 1), (3, 2000), (700, 0)])
def test_tiles_cover_every_entry_once(shape):
    count = np.zeros(shape, dtype=int)
    for rows, columns in tiles(*shape, 8):
        count[rows, columns] += 1
    assert (count == 1).all()
