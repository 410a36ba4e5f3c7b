"""Loss and gradient in one compiled read: numpy's, for every loss and precision, with and without weights."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsml_trainer.algorithms.base import Rows
from lsml_trainer.algorithms.compiled_losses import CODES, decay, log_of_one_and
from lsml_trainer.algorithms.fused import TILE_ROWS, fused_sums
from lsml_trainer.algorithms.gradient_descent import state as descent_state
from lsml_trainer.algorithms.linear import Separate, row_sums
from lsml_trainer.losses import LOSSES
from unit.trainer.problems import blobs, line, trained, training

SIZES = st.sampled_from([0, 1, 3, TILE_ROWS - 1, TILE_ROWS, TILE_ROWS + 1, 3 * TILE_ROWS + 5])


@pytest.mark.parametrize("precision", [np.float32, np.float64])
@pytest.mark.parametrize("loss", LOSSES)
@given(rows=SIZES, features=st.integers(1, 40), weighed=st.booleans(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_the_sums_are_numpys(
    loss: str, precision: type[Any], rows: int, features: int, weighed: bool, seed: int
) -> None:
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, features)).astype(precision)
    y = random.integers(0, 2, size=rows) if LOSSES[loss].learns_classes else random.normal(size=rows)
    weight = random.choice([0.0, 0.5, 3.0], size=rows) if weighed else None
    at = random.normal(size=(1, features + 1))
    found = fused_sums(at, Rows(x, y, weight), loss, 0.1)
    wanted = row_sums(at, Rows(x.astype(np.float64), y, weight), Separate(LOSSES[loss], 1))
    # In float32 a row may be on the other side of a kink.
    slack = {"rtol": 1e-9, "atol": 1e-9} if precision is np.float64 else {"rtol": 1e-3, "atol": 2e-3}
    for name, array in wanted.items():
        np.testing.assert_allclose(found[name], array, **slack, err_msg=name)


def test_every_loss_has_a_code() -> None:
    assert CODES.keys() == LOSSES.keys()


@given(st.floats(-708, 0))
def test_the_exponential_and_the_logarithm_are_exact_to_two_units(z: float) -> None:
    assert decay(z) == pytest.approx(np.exp(z), rel=5e-16, abs=0)
    assert log_of_one_and(np.exp(z)) == pytest.approx(np.log1p(np.exp(z)), rel=5e-16, abs=0)


def test_far_below_the_exponential_is_as_good_as_nothing() -> None:
    assert 0.0 < decay(-1e300) < 1e-307


@pytest.mark.parametrize("loss", ["huber", "log_loss", "squared_hinge"])
def test_gradient_descent_by_it_ends_where_numpys_does(loss: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = blobs(2) if LOSSES[loss].learns_classes else line(noise=1.0)
    spec = training({"gradientDescent": {"loss": loss, "alpha": 0.01, "iterations": 50, "momentum": 0.5}})
    wanted = trained(spec, *rows, [24])
    monkeypatch.setattr(descent_state, "FUSED_VALUES", 0)
    monkeypatch.setattr("lsml_trainer.algorithms.gradient_descent.state.row_sums", None)  # not by chance the same
    found = trained(spec, *rows, [24])
    for name, array in wanted.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-9, atol=1e-12)
