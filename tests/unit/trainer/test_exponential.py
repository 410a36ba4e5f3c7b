"""The exponential in float32, against float64's."""

import numpy as np

from lsml_trainer.exponential import exponential_sums, exponentials

Z = np.linspace(-86.0, 0.0, 4_000, dtype=np.float32).reshape(50, 80)


def test_an_exponential_is_right_to_two_units_in_the_last_place():
    got = Z.copy()
    exponentials(got)
    np.testing.assert_allclose(got, np.exp(Z.astype(np.float64)), rtol=3e-7)


def test_what_rounding_left_above_zero_is_one_and_what_is_far_below_is_nothing():
    got = np.array([[1e-3, 0.0, -200.0, -np.inf]], np.float32)
    exponentials(got)
    assert got[0, :2].tolist() == [1.0, 1.0]
    assert (got[0, 2:] < 1e-37).all()


def test_a_weighted_sum_is_the_product_with_the_weights():
    weight_N = np.linspace(-1.0, 2.0, 80, dtype=np.float32)
    np.testing.assert_allclose(exponential_sums(Z, weight_N), np.exp(Z) @ weight_N, rtol=1e-5, atol=1e-30)
    assert exponential_sums(Z[:0], weight_N).shape == (0,)
    assert exponential_sums(Z[:, :0], weight_N[:0]).tolist() == [0.0] * 50
