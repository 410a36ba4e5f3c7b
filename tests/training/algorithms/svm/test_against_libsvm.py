"""The same optimum and the same predictions as libsvm."""

import numpy as np
import pytest

from lsml_trainer.algorithms.base import Shape
from lsml_trainer.algorithms.svm import create
from lsml_trainer.data.memory import bytes_of
from lsml_trainer.elastic.team import Solo
from lsml_trainer.spec.svm import Svm
from training.algorithms.svm.machines import SMALL, Trained, builtin, even, libsvm, libsvm_dual, overlapping

SETS = {
    "iris": builtin("iris"),
    "wine": builtin("wine"),
    "breast cancer": builtin("breast_cancer"),
    "digits": builtin("digits"),
    "iris, as it is": builtin("iris", standard=False),
    "digits, as they are": builtin("digits", standard=False),
}
KERNELS = {
    "linear": {"kernel": "linear"},
    "poly": {"kernel": "poly"},
    "quadratic, shifted": {"kernel": "poly", "degree": 2, "coef0": 1.0, "gamma": 0.05},
    "rbf": {"kernel": "rbf"},
    "rbf, auto": {"kernel": "rbf", "gamma": "auto"},
}
every_kernel = pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)


@pytest.mark.parametrize("rows", SETS.values(), ids=SETS)
@pytest.mark.parametrize("kernel", [KERNELS[name] for name in ("linear", "poly", "rbf")], ids=["linear", "poly", "rbf"])
@pytest.mark.parametrize("cost", [0.1, 10.0])
def test_the_optimum_and_the_predictions_are_libsvms(rows, kernel, cost):
    config = {**kernel, "C": cost, "tolerance": 1e-4}
    ours, theirs = Trained(rows, 4, **config), libsvm(rows, **config)
    assert ours.metrics["dual"] == pytest.approx(libsvm_dual(rows, **config), rel=1e-5)
    assert 0.0 <= ours.metrics["dualGap"] + 1e-9 * ours.metrics["loss"] <= 1e-3 * ours.metrics["loss"]
    assert ours.metrics["violation"] <= 1e-4
    x_ND = rows[0][_is_clear(theirs, rows[0])]
    assert len(x_ND) >= 0.95 * len(rows[0])
    assert (ours.predictor.predict(x_ND) == theirs.predict(x_ND)).all()


def _is_clear(fitted, x_ND):
    """Where no pair's margin is within what the tolerance leaves open."""
    margins = fitted.set_params(decision_function_shape="ovo").decision_function(x_ND)
    return np.abs(margins.reshape(len(x_ND), -1)).min(axis=1) > 1e-3


@every_kernel
@pytest.mark.parametrize("classes", [2, 3, 4])
def test_the_scores_are_scikit_learns(kernel, classes):
    rows, new = overlapping(classes=classes), overlapping(50, seed=1)[0]
    config = {**kernel, "C": 2.0, "tolerance": 1e-6}
    ours, theirs = Trained(rows, **config).predictor, libsvm(rows, **config)
    np.testing.assert_allclose(ours.decision_function(new), theirs.decision_function(new), atol=1e-4)
    assert (ours.predict(new) == theirs.predict(new)).all()


@every_kernel
@pytest.mark.parametrize("cost", [0.5, 20.0])
def test_many_small_rounds_reach_the_same_optimum(kernel, cost):
    rows, config = overlapping(classes=3), {**kernel, "C": cost}
    ours = Trained(rows, 4, SMALL, **config)
    assert ours.metrics["dual"] == pytest.approx(libsvm_dual(rows, **config, tolerance=1e-6), rel=1e-4)
    assert ours.metrics["dualGap"] <= 1e-2 * ours.metrics["loss"]
    assert ours.metrics["converged"] == 1.0


def test_the_weights_have_libsvms_form():
    rows = builtin("wine")
    ours, theirs = Trained(rows, 4, tolerance=1e-7).weights, libsvm(rows, tolerance=1e-7)
    assert ours["n_support"].tolist() == theirs.n_support_.tolist()
    np.testing.assert_array_equal(ours["support_vectors"], theirs.support_vectors_)
    np.testing.assert_allclose(ours["dual_coef"], theirs.dual_coef_, atol=1e-5)
    np.testing.assert_allclose(ours["intercept"], theirs.intercept_, atol=1e-5)
    assert {array.dtype for array in ours.values()} == {np.dtype(np.float64)}
    linear = Trained(rows, 4, kernel="linear", tolerance=1e-7).weights
    np.testing.assert_allclose(linear["coef"], libsvm(rows, kernel="linear", tolerance=1e-7).coef_, atol=1e-5)


def test_what_libsvm_takes_millions_of_steps_for_is_certified_too():
    """Unscaled features and a large C: proline is a thousand times the hue."""
    rows = builtin("wine", standard=False)
    ours = Trained(rows, kernel="linear", C=100.0)
    assert ours.metrics["dualGap"] <= 1e-3 * ours.metrics["loss"]
    assert ours.metrics["converged"] == 1.0


def test_little_memory_for_the_kernel_takes_more_rounds_to_the_same_optimum():
    rows = overlapping(rows=500)
    ends = []
    for size in ("1Mi", "256Mi"):
        algorithm, shards, team = create(Svm(cacheSize=size, C=5.0), Shape(500, 4, 2), 0), even(rows, 2), Solo()
        state = algorithm.start(shards, team)
        while not algorithm.is_done(state):
            assert len(state.search.working_B) ** 2 * 8 <= bytes_of(size)
            state = algorithm.step(state, shards, team)
        ends.append((algorithm.metrics(state)["dual"], algorithm.steps(state)[0]))
    (little, many_rounds), (plenty, few_rounds) = ends
    assert little == pytest.approx(plenty, rel=1e-3)
    assert many_rounds > few_rounds
