"""Properties of every loss in the registry."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsml_trainer.losses import LOSSES, Loss, loss_named, multinomial_gradient, multinomial_value

STEP = 1e-6
scores = st.floats(-30, 30)


def labels_of(loss: Loss) -> st.SearchStrategy[float]:
    return st.sampled_from([-1.0, 1.0]) if loss.learns_classes else st.floats(-30, 30)


@pytest.mark.parametrize("name", LOSSES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_the_gradient_lies_between_the_slopes_to_both_sides(name: str, data: st.DataObject) -> None:
    """Of a convex loss; where it is smooth both slopes are the derivative, by differences."""
    loss = LOSSES[name]
    z, y = np.array([data.draw(scores)]), np.array([data.draw(labels_of(loss))])
    here = loss.value(z, y)
    left, right = (here - loss.value(z - STEP, y)) / STEP, (loss.value(z + STEP, y) - here) / STEP
    gradient, slack = loss.gradient(z, y), 1e-3 * (1 + np.abs(left))
    assert left - slack <= gradient <= right + slack


@pytest.mark.parametrize("name", [name for name, loss in LOSSES.items() if loss.curvature is not None])
@given(z=scores, data=st.data())
@settings(max_examples=60, deadline=None)
def test_the_gradient_changes_no_faster_than_the_curvature_says(name: str, z: float, data: st.DataObject) -> None:
    loss = LOSSES[name]
    y, other = np.array([data.draw(labels_of(loss))]), data.draw(scores)
    change = np.abs(loss.gradient(np.array([z]), y) - loss.gradient(np.array([other]), y))
    assert loss.curvature is not None
    assert change <= loss.curvature * abs(z - other) + 1e-9


@pytest.mark.parametrize("name", [name for name, loss in LOSSES.items() if loss.second is not None])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_the_second_derivative_lies_between_the_gradients_slopes_to_both_sides(name: str, data: st.DataObject) -> None:
    loss = LOSSES[name]
    assert loss.second is not None
    z, y = np.array([data.draw(scores)]), np.array([data.draw(labels_of(loss))])
    left, right = ((loss.gradient(z + at + STEP, y) - loss.gradient(z + at, y)) / STEP for at in (-STEP, 0.0))
    slack = 1e-4
    assert np.minimum(left, right) - slack <= loss.second(z, y) <= np.maximum(left, right) + slack
    assert 0 <= loss.second(z, y) <= loss.curvature + 1e-12


@pytest.mark.parametrize("name", LOSSES)
@given(one=scores, other=scores, share=st.floats(0, 1), data=st.data())
@settings(max_examples=60, deadline=None)
def test_every_loss_is_convex(name: str, one: float, other: float, share: float, data: st.DataObject) -> None:
    loss, y = LOSSES[name], np.array([data.draw(labels_of(LOSSES[name]))])
    between = loss.value(np.array([share * one + (1 - share) * other]), y)
    chord = share * loss.value(np.array([one]), y) + (1 - share) * loss.value(np.array([other]), y)
    assert between <= chord + 1e-9 * (1 + chord)


@pytest.mark.parametrize("name", LOSSES)
def test_float32_scores_give_float32_losses(name: str) -> None:
    loss, z, y = LOSSES[name], np.linspace(-3, 3, 7, dtype=np.float32), np.ones(7, np.float32)
    functions = [loss.value, loss.gradient, *([loss.second] if loss.second else [])]
    for function in functions:
        found = function(z, y)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, function(z.astype(np.float64), y.astype(np.float64)), rtol=1e-5, atol=1e-6)


@given(st.lists(st.floats(-700, 700), min_size=2, max_size=5), st.data())
@settings(max_examples=60, deadline=None)
def test_the_multinomial_gradient_equals_central_differences_and_sums_to_nothing(
    z: list[float], data: st.DataObject
) -> None:
    z_1K, y_1 = np.array([z]), np.array([data.draw(st.integers(0, len(z) - 1))])
    gradient_1K = multinomial_gradient(z_1K, y_1)
    assert abs(gradient_1K.sum()) < 1e-12
    for k in range(len(z)):
        step = np.zeros_like(z_1K)
        step[0, k] = 1e-5
        slope = (multinomial_value(z_1K + step, y_1) - multinomial_value(z_1K - step, y_1)) / 2e-5
        assert gradient_1K[0, k] == pytest.approx(slope[0], abs=1e-4)


def test_no_loss_overflows() -> None:
    z, y = np.array([1e8, -1e8]), np.array([-1.0, 1.0])
    for name in LOSSES:
        assert np.isfinite(loss_named(name, 0.1).value(z, y)).all()
