"""The scores against scikit-learn's."""

from functools import reduce

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from lsml_trainer.evaluation import metrics_of, regression_scores, scores_of, sums_of, together

RANDOM = np.random.default_rng(0)
TRUTH = RANDOM.normal(10, 3, size=50)
PREDICTIONS = {
    "good": TRUTH + 0.1 * RANDOM.normal(size=50),
    "worse than the mean": -TRUTH,
    "perfect": TRUTH,
}


@pytest.mark.parametrize("predicted", PREDICTIONS.values(), ids=PREDICTIONS)
def test_the_scores_of_a_regression_are_scikit_learns(predicted: np.ndarray) -> None:
    scores = regression_scores(predicted, TRUTH)
    assert list(scores) == ["r2", "rmse", "mae"]
    assert scores["r2"] == pytest.approx(r2_score(TRUTH, predicted))
    assert scores["rmse"] == pytest.approx(root_mean_squared_error(TRUTH, predicted))
    assert scores["mae"] == pytest.approx(mean_absolute_error(TRUTH, predicted))


@pytest.mark.parametrize(("predicted", "want"), [([5.0, 5.0], 1.0), ([5.0, 4.0], 0.0)])
def test_r2_of_a_constant_label_is_scikit_learns(predicted: list[float], want: float) -> None:
    truth = np.array([5.0, 5.0])
    assert regression_scores(np.array(predicted), truth)["r2"] == want == r2_score(truth, predicted)


def test_what_is_not_finite_is_no_metric() -> None:
    assert [metric.name for metric in metrics_of({"r2": float("nan"), "rmse": 1.0})] == ["rmse"]


def test_errors_too_large_to_be_squared_are_told_without_a_warning() -> None:
    scores = regression_scores(np.array([1e300, -1e300]), np.array([-1e300, 1e300]))
    assert [metric.name for metric in metrics_of(scores)] == ["mae"]


@pytest.mark.parametrize("cuts", [[7], [1, 30], [0, 20, 20]], ids=str)
def test_scores_chunk_by_chunk_are_those_of_all_rows(cuts: list[int]) -> None:
    predicted = PREDICTIONS["good"]
    parts = zip(np.split(predicted, cuts), np.split(TRUTH, cuts), strict=True)
    found = scores_of(reduce(together, (sums_of(*part) for part in parts)))
    assert found == pytest.approx(regression_scores(predicted, TRUTH), rel=1e-12)
