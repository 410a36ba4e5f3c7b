"""Probabilities: the sigmoid's and the coupling's optimum, and what comes of both."""

from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.svm import SVC

from lsml_trainer.algorithms.base import Probabilistic, Unsuitable
from lsml_trainer.algorithms.svm.platt import coupled, fit_sigmoid, sigmoid
from lsml_trainer.algorithms.svm.state import FOLDS, fold_of
from training.algorithms.svm.machines import SMALL, Trained, builtin, overlapping

RANDOM = np.random.default_rng(4)
MARGINS = {
    "overlapping": (RANDOM.normal(size=60) + np.repeat([1.0, -1.0], 30), np.repeat([True, False], 30)),
    "separated": (np.linspace(3.0, -3.0, 20), np.repeat([True, False], 10)),
    "the wrong way round": (np.linspace(-3.0, 3.0, 20), np.repeat([True, False], 10)),
    "all equal": (np.ones(12), np.repeat([True, False], [9, 3])),
    "very large": (1e6 * np.linspace(3.0, -2.5, 20), np.repeat([True, False], 10)),
    "unbalanced": (RANDOM.normal(size=60), np.arange(60) < 2),
}


@pytest.mark.parametrize(("margin_P", "first_P"), MARGINS.values(), ids=MARGINS)
def test_the_sigmoid_has_the_greatest_likelihood(margin_P, first_P):
    counts = first_P.sum(), (~first_P).sum()
    target_P = np.where(first_P, (counts[0] + 1) / (counts[0] + 2), 1 / (counts[1] + 2))
    scale = np.abs(margin_P).max()

    def loss(at):
        z_P = margin_P / scale * at[0] + at[1]
        return (target_P * z_P + np.logaddexp(0.0, -z_P)).sum()

    slope, offset = fit_sigmoid(margin_P, first_P)
    assert loss((slope * scale, offset)) <= minimize(loss, (0.0, 0.0)).fun + 1e-6


@pytest.mark.parametrize("classes", [2, 3, 6])
def test_coupling_gives_back_a_distribution_that_agrees_with_all_pairs(classes):
    wanted_NK = RANDOM.dirichlet(np.ones(classes), 20)
    first_NQ = np.column_stack(
        [wanted_NK[:, a] / (wanted_NK[:, a] + wanted_NK[:, b]) for a, b in combinations(range(classes), 2)]
    )
    np.testing.assert_allclose(coupled(first_NQ, classes), wanted_NK, atol=1e-5)


def test_coupling_of_pairs_that_contradict_each_other_is_a_distribution():
    p_NK = coupled(np.array([[1.0, 0.0, 1.0], [1.0, 1.0, 0.5], [0.5, 0.5, 0.5]]), 3)
    assert (p_NK >= 0.0).all()
    np.testing.assert_allclose(p_NK.sum(axis=1), 1.0)
    np.testing.assert_allclose(p_NK[[0, 2]], 1 / 3, atol=1e-6)


def test_a_sigmoid_of_huge_margins_does_not_overflow():
    assert sigmoid(np.array([1e9, -1e9]), -1.0, 0.0).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("limits", [None, SMALL], ids=["at once", "in rounds"])
def test_the_sigmoid_is_that_of_margins_of_rows_held_out(limits):
    x_ND, y_N = rows = overlapping(100)
    ours = Trained(rows, 4, limits, probability=True, gamma=0.3, tolerance=1e-6).weights
    fold_N = fold_of(np.where(y_N == 0, 1.0, -1.0))
    splits = [(np.flatnonzero(fold_N != fold), np.flatnonzero(fold_N == fold)) for fold in range(FOLDS)]
    machine = SVC(gamma=0.3, tol=1e-6)
    margin_N = -cross_val_predict(machine, x_ND, y_N, cv=splits, method="decision_function")
    wanted = fit_sigmoid(margin_N, y_N == 0)
    np.testing.assert_allclose((ours["prob_a"][0], ours["prob_b"][0]), wanted, atol=1e-3)


@pytest.mark.parametrize("name", ["iris", "wine", "digits"])
def test_probabilities_of_rows_not_seen_are_good(name):
    x_ND, y_N = builtin(name)
    train, test = next(StratifiedKFold(2, shuffle=True, random_state=0).split(x_ND, y_N))
    predictor = Trained((x_ND[train], y_N[train]), 2, probability=True).predictor
    assert isinstance(predictor, Probabilistic)
    p_NK = predictor.probabilities(x_ND[test])
    np.testing.assert_allclose(p_NK.sum(axis=1), 1.0)
    assert log_loss(y_N[test], p_NK) < {"iris": 0.25, "wine": 0.2, "digits": 0.2}[name]
    assert (p_NK.argmax(axis=1) == predictor.predict(x_ND[test])).mean() > 0.95


def test_a_class_without_training_rows_has_no_probability():
    x_ND, y_N = builtin("iris")
    p_NK = Trained((x_ND[y_N != 1], y_N[y_N != 1]), probability=True).predictor.probabilities(x_ND)
    assert (p_NK[:, 1] == 0.0).all()


def test_without_the_option_there_are_none():
    assert not isinstance(Trained(builtin("iris")).predictor, Probabilistic)


def test_a_class_of_one_row_is_refused():
    with pytest.raises(Unsuitable) as refused:
        Trained((np.eye(5), np.array([0, 0, 1, 1, 2])), probability=True)
    assert str(refused.value) == (
        "probability: true needs at least 2 training rows of each class, class 2 (counted from 0) has 1; "
        "add rows or take it out"
    )
