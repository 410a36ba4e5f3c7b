"""Data that break solvers, and the sentences for data that cannot be learned."""

import numpy as np
import pytest

from lsml_trainer.algorithms.base import Diverged, Unsuitable
from lsml_trainer.algorithms.svm.block import Limits
from lsml_trainer.kernels import Rbf, between
from training.algorithms.svm.machines import SMALL, Trained, builtin, libsvm, libsvm_dual, overlapping

X, Y = overlapping(80)
HARD = {
    "every row four times": (np.tile(X, (4, 1)), np.tile(Y, 4)),
    "equal rows in both classes": (np.concatenate([X, X]), np.concatenate([Y, 1 - Y])),
    "three of one class, the rest of the other": (X, (np.arange(80) < 77).astype(np.int64)),
    "columns that are constant": (np.column_stack([X, np.full(80, 7.0), np.zeros(80)]), Y),
    "more columns than rows": overlapping(20, 200),
    "one column": (X[:, :1].copy(), Y),
    "one row a class": (X[:2], np.array([1, 0])),
    "columns of very different size": (X * np.array([1e-3, 1.0, 1e2, 1e3]), Y),
    "far from the origin": (X + 1e4, Y),
    "sorted by class": (X[np.argsort(Y)], np.sort(Y)),
}


@pytest.mark.parametrize("rows", HARD.values(), ids=HARD)
@pytest.mark.parametrize("limits", [Limits(), SMALL], ids=["at once", "in rounds"])
@pytest.mark.parametrize("cost", [1e-4, 1.0, 1e3])
def test_a_hard_problem_ends_at_libsvms_optimum(rows, limits, cost):
    ours = Trained(rows, 4, limits, C=cost)
    assert ours.metrics["converged"] == 1.0
    assert ours.metrics["dual"] == pytest.approx(libsvm_dual(rows, C=cost, tolerance=1e-6), rel=2e-3)
    assert -1e-9 * ours.metrics["loss"] <= ours.metrics["dualGap"] <= 0.02 * ours.metrics["loss"]
    scores, wanted = ours.predictor.decision_function(rows[0]), libsvm(rows, C=cost).decision_function(rows[0])
    clear = np.abs(wanted) > 0.02  # with equal rows in both classes there is nothing but rounding
    assert (scores > 0)[clear].tolist() == (wanted > 0)[clear].tolist()


@pytest.mark.parametrize("kernel", ["linear", "poly", "rbf"])
@pytest.mark.parametrize("cost", [1e-12, 1e12])
def test_the_extremes_of_what_the_schema_allows_come_to_an_end(kernel, cost):
    ours = Trained(overlapping(60), 2, SMALL, kernel=kernel, C=cost, maxIterations=300)
    assert all(np.isfinite(value) for value in ours.metrics.values())


def test_rows_that_are_all_equal_are_given_to_the_larger_class():
    rows = (np.ones((10, 3)), np.array([0] * 4 + [1] * 6))
    assert Trained(rows, 2).predictor.predict(rows[0]).tolist() == [1] * 10


def test_a_tolerance_below_rounding_comes_to_an_end():
    ours = Trained(overlapping(120), 2, SMALL, C=100.0, tolerance=1e-15)
    assert ours.metrics["violation"] < 1e-6
    assert 0 < ours.algorithm.steps(ours.state)[0] < 2_000


def test_running_out_of_rounds_is_reported():
    ours = Trained(overlapping(150), 2, SMALL, C=100.0, maxIterations=2)
    assert ours.metrics["converged"] == 0.0
    assert ours.metrics["violation"] > 1e-3
    assert ours.algorithm.steps(ours.state) == (2, None)


def test_one_class_only_is_unsuitable():
    with pytest.raises(Unsuitable) as refused:
        Trained((X, np.ones(80, dtype=np.int64)))
    assert str(refused.value) == (
        "the label has 1 class in 80 training rows; a support vector machine separates classes and needs at least 2"
    )


def test_a_kernel_that_overflows_says_what_to_change():
    with pytest.raises(Diverged) as stopped:
        Trained((X * 1e20, Y), kernel="poly", degree=20, gamma=1.0)
    assert str(stopped.value) == "the kernel overflows; standardize the features, or lower gamma, degree or coef0"


def test_a_class_without_training_rows_is_never_predicted():
    x_ND, y_N = builtin("iris")
    some = y_N != 1
    ours = Trained((x_ND[some], y_N[some]), kernel="rbf").predictor
    scores = ours.decision_function(x_ND)
    assert scores.shape == (150, 3)
    assert (scores[:, 1] < scores[:, [0, 2]].min(axis=1)).all()
    assert (ours.predict(x_ND) == libsvm((x_ND[some], y_N[some])).predict(x_ND)).all()


@pytest.mark.parametrize("gamma", [1e-4, 0.01, 1.0])
def test_what_a_draft_in_float32_finds_holds_in_float64(gamma):
    x_ND, y_N = rows = overlapping(200)
    ours = Trained(rows, 4, SMALL, C=1e3, gamma=gamma)
    (solution,) = ours.state.solved
    beta_N, sign_N = np.zeros(200), np.where(y_N == 0, 1.0, -1.0)
    beta_N[solution.row_S] = solution.beta_S
    error_N = sign_N - between(Rbf(gamma), x_ND, x_ND) @ beta_N
    up_N, down_N = np.where(sign_N > 0, (beta_N < 1e3, beta_N > 0), (beta_N < 0, beta_N > -1e3))
    assert error_N[up_N].max() - error_N[down_N].min() <= 1.001e-3
    assert solution.converged
