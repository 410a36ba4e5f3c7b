"""Regression (SVR): the same optimum and the same predictions as libsvm."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, make_friedman1
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from training.algorithms.svm.machines import SMALL, Trained

RANDOM = np.random.default_rng(2)
LINE = RANDOM.normal(size=(120, 3))
DIABETES = load_diabetes(return_X_y=True)
SETS = {
    "diabetes": (StandardScaler().fit_transform(DIABETES[0][:200]), DIABETES[1][:200] / 80.0),
    "friedman": make_friedman1(150, noise=0.5, random_state=0),
    "a line": (LINE, LINE @ [1.0, -2.0, 0.5] + 3.0 + 0.3 * RANDOM.normal(size=120)),
    "every row twice": (np.tile(LINE, (2, 1)), np.tile(np.sin(LINE[:, 0]), 2)),
    "more columns than rows": (RANDOM.normal(size=(20, 60)), RANDOM.normal(size=20)),
    "a constant column": (np.column_stack([LINE, np.full(120, 5.0)]), LINE[:, 0] ** 2),
}
KERNELS = {
    "linear": {"kernel": "linear"},
    "poly": {"kernel": "poly", "degree": 2, "coef0": 1.0},
    "rbf": {"kernel": "rbf"},
}
every_kernel = pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)


def _primal(rows, machine, predicted_N, **config):
    """The objective of a machine of libsvm's: w'w / 2 = beta' K beta / 2 = beta' (f - b) / 2."""
    beta_S, support = machine.dual_coef_[0], machine.support_
    norm = beta_S @ (predicted_N[support] - machine.intercept_[0])
    loss_N = np.maximum(0.0, np.abs(rows[1] - predicted_N) - config["epsilon"])
    return 0.5 * norm + config["C"] * loss_N.sum()


@every_kernel
@pytest.mark.parametrize("rows", SETS.values(), ids=SETS)
@pytest.mark.parametrize("limits", [None, SMALL], ids=["at once", "in rounds"])
def test_the_optimum_is_libsvms(rows, kernel, limits):
    config = {**kernel, "C": 2.0, "epsilon": 0.2, "tolerance": 1e-4}
    ours = Trained(rows, 4, limits, loss="epsilon_insensitive", **config)
    theirs = _libsvm(rows, **{**config, "tolerance": 1e-6})
    predicted_N = theirs.predict(rows[0])
    wanted = _primal(rows, theirs, predicted_N, **config)
    assert ours.metrics["converged"] == 1.0
    assert ours.metrics["dual"] <= wanted * (1.0 + 1e-6) + 1e-6
    assert ours.metrics["loss"] == pytest.approx(wanted, rel=1e-3, abs=1e-6)
    np.testing.assert_allclose(ours.predictor.predict(rows[0]), predicted_N, atol=5e-3)


def _libsvm(rows, **config):
    tolerance = config.pop("tolerance")
    return SVR(**config, tol=tolerance).fit(*rows)


@every_kernel
def test_the_weights_have_libsvms_form(kernel):
    rows = SETS["a line"]
    config = {**kernel, "epsilon": 0.3, "tolerance": 1e-7}
    ours, theirs = Trained(rows, 2, loss="epsilon_insensitive", **config).weights, _libsvm(rows, **config)
    np.testing.assert_allclose(ours["intercept"], theirs.intercept_, atol=1e-4)
    if kernel["kernel"] == "linear":
        np.testing.assert_allclose(ours["coef"], theirs.coef_, atol=1e-4)
    else:
        np.testing.assert_allclose(ours["support_vectors"], theirs.support_vectors_)
        np.testing.assert_allclose(ours["dual_coef"], theirs.dual_coef_, atol=1e-3)


def test_a_label_that_never_leaves_the_tube_needs_no_support_vectors():
    ours = Trained((LINE, np.full(120, 7.0)), 2, loss="epsilon_insensitive")
    assert ours.metrics["supportVectors"] == 0.0
    assert ours.metrics["loss"] == 0.0
    assert ours.predictor.predict(LINE[:3]).tolist() == [7.0] * 3


def test_a_score_is_the_prediction():
    predictor = Trained(SETS["a line"], loss="epsilon_insensitive").predictor
    assert (predictor.predict(LINE) == predictor.decision_function(LINE)).all()
