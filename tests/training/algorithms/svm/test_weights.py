"""Rows that count more, less, or not at all."""

import numpy as np
import pytest
from sklearn.svm import SVC, SVR

from lsml_trainer.algorithms.base import Unsuitable
from training.algorithms.svm.machines import SMALL, Trained, overlapping

X, Y = overlapping(90, classes=3)
WEIGHT = np.random.default_rng(3).choice([0.0, 0.5, 1.0, 3.0], size=90)


@pytest.mark.parametrize("kernel", ["linear", "poly", "rbf"])
@pytest.mark.parametrize("limits", [None, SMALL], ids=["at once", "in rounds"])
def test_the_scores_are_libsvms_with_the_same_weights(kernel, limits):
    ours = Trained((X, Y, WEIGHT), 4, limits, kernel=kernel, tolerance=1e-5).predictor
    gamma = "scale" if kernel == "linear" else 1.0 / (4 * X.var())
    theirs = SVC(kernel=kernel, gamma=gamma, tol=1e-5).fit(X, Y, WEIGHT)
    np.testing.assert_allclose(ours.decision_function(X), theirs.decision_function(X), atol=2e-3)


def test_a_regression_weighs_its_rows():
    numbers = X[:, 0] + np.sin(3.0 * X[:, 1])
    ours = Trained((X, numbers, WEIGHT), 2, loss="epsilon_insensitive", tolerance=1e-5).predictor
    theirs = SVR(gamma=1.0 / (4 * X.var()), tol=1e-5).fit(X, numbers, WEIGHT)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), atol=2e-3)


def test_classes_in_balance_are_libsvms():
    some = (Y != 1) | (np.arange(90) % 5 == 0)  # few of class 1
    x_ND, y_N = X[some], Y[some]
    ours = Trained((x_ND, y_N), 2, classWeight="balanced", gamma=0.3, tolerance=1e-5).predictor
    theirs = SVC(class_weight="balanced", gamma=0.3, tol=1e-5).fit(x_ND, y_N)
    np.testing.assert_allclose(ours.decision_function(x_ND), theirs.decision_function(x_ND), atol=2e-3)


def test_a_row_that_counts_twice_is_two_rows():
    twice = Trained((X, Y, np.full(90, 2.0)), C=1.0, gamma=0.5, tolerance=1e-6)
    doubled = Trained((np.tile(X, (2, 1)), np.tile(Y, 2)), C=1.0, gamma=0.5, tolerance=1e-6)
    assert twice.metrics["dual"] == pytest.approx(doubled.metrics["dual"], rel=1e-5)


def test_a_class_whose_rows_count_nothing_is_not_there():
    weight_N = (Y != 1).astype(float)
    scores = Trained((X, Y, weight_N)).predictor.decision_function(X)
    assert (scores.argmax(axis=1) != 1).all()


def test_rows_of_which_none_counts_are_refused():
    with pytest.raises(Unsuitable) as refused:
        Trained((X, Y, np.zeros(90)))
    assert str(refused.value) == "each of the 90 training rows has weight 0; give some rows a weight"
