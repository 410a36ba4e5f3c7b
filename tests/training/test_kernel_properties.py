"""What holds for every kernel, whatever the rows."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lsml_trainer.kernels import Linear, Poly, Rbf, between

KERNELS = {
    "linear": Linear(),
    "poly": Poly(gamma=0.3, degree=3, coef0=1.0),
    "rbf": Rbf(gamma=0.5),
    "rbf, another origin": Rbf(0.5, np.array([1.0, -2.0, 3.0])),
}
every_kernel = pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
few_rows = arrays(np.float64, st.tuples(st.integers(1, 8), st.just(3)), elements=st.floats(-4.0, 4.0, width=32))
quickly = settings(max_examples=30, deadline=None, derandomize=True)


@every_kernel
@quickly
@given(x_ND=few_rows)
def test_a_kernel_of_rows_with_themselves_is_symmetric_and_positive_semidefinite(kernel, x_ND):
    kernel_NN = between(kernel, x_ND, x_ND)
    scale = max(1.0, float(np.abs(kernel_NN).max()))
    np.testing.assert_allclose(kernel_NN, kernel_NN.T, atol=1e-12 * scale)
    assert np.linalg.eigvalsh(kernel_NN).min() >= -1e-9 * scale


@every_kernel
@quickly
@given(x_ND=few_rows, z_ND=few_rows)
def test_sides_can_be_exchanged_and_rows_taken_one_by_one(kernel, x_ND, z_ND):
    both_MN = between(kernel, x_ND, z_ND)
    scale = max(1.0, float(np.abs(both_MN).max()))
    near = partial(np.testing.assert_allclose, atol=1e-12 * scale)
    near(both_MN, between(kernel, z_ND, x_ND).T)
    near(both_MN, np.vstack([between(kernel, row_1D, z_ND) for row_1D in np.split(x_ND, len(x_ND))]))


@every_kernel
@quickly
@given(x_ND=few_rows, z_ND=few_rows)
def test_cauchy_and_schwarz(kernel, x_ND, z_ND):
    own_M, own_N = (between(kernel, rows, rows).diagonal() for rows in (x_ND, z_ND))
    bound_MN = np.sqrt(np.maximum(np.outer(own_M, own_N), 0.0))
    assert (np.abs(between(kernel, x_ND, z_ND)) <= bound_MN * (1.0 + 1e-9) + 1e-9).all()


@every_kernel
@quickly
@given(x_ND=few_rows, z_ND=few_rows)
def test_a_weighted_sum_is_the_kernels_product(kernel, x_ND, z_ND):
    """In float32 too, where the kernel itself is never stored."""
    weight_N = np.linspace(-1.0, 1.0, len(z_ND))
    wanted_M = between(kernel, x_ND, z_ND) @ weight_N
    scale = max(1.0, float(np.abs(between(kernel, x_ND, z_ND)).max()))
    for precision, exact in ((np.float64, 1e-12), (np.float32, 1e-4)):
        product_MN = kernel.left(x_ND).astype(precision) @ kernel.right(z_ND).astype(precision).T
        np.testing.assert_allclose(
            kernel.weighted(product_MN, weight_N.astype(precision)), wanted_M, atol=exact * scale
        )


@quickly
@given(x_ND=few_rows, shift_D=arrays(np.float64, 3, elements=st.floats(-4.0, 4.0, width=32)))
def test_rbf_is_the_same_wherever_the_rows_are(x_ND, shift_D):
    moved_ND = x_ND + shift_D
    np.testing.assert_allclose(
        between(Rbf(0.5), x_ND, x_ND), between(Rbf(0.5), moved_ND, moved_ND), rtol=1e-9, atol=1e-11
    )
