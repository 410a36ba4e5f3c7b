"""The scores of classes against scikit-learn's, in chunks and as a whole."""

from functools import reduce

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score, log_loss, roc_auc_score

from lsml_trainer import class_scores
from lsml_trainer.class_scores import both, class_sums, roc_auc

RANDOM = np.random.default_rng(0)


class Told:
    """A predictor whose rows hold the probabilities."""

    def decision_function(self, x_ND: NDArray[np.float64]) -> NDArray[np.float64]:
        return x_ND[:, 1]

    def predict(self, x_ND: NDArray[np.float64]) -> NDArray[np.int64]:
        return x_ND.argmax(axis=1)

    def probabilities(self, x_ND: NDArray[np.float64]) -> NDArray[np.float64]:
        return x_ND


def a_problem(classes: int, rows: int = 90) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    y_N = RANDOM.integers(classes, size=rows)
    odds = RANDOM.random((rows, classes)).round(1) + 0.1 + 0.5 * np.eye(classes)[y_N]  # rounded: there are ties
    return odds / odds.sum(axis=1, keepdims=True), y_N


def scores(p_NK: NDArray[np.float64], y_N: NDArray[np.int64], cuts: list[int]) -> dict[str, float]:
    parts = zip(np.split(p_NK, cuts), np.split(y_N, cuts), strict=True)
    return class_scores.class_scores(reduce(both, (class_sums(Told(), x, y, p_NK.shape[1]) for x, y in parts)))


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("cuts", [[], [7], [0, 30, 30, 89]], ids=str)
def test_they_are_scikit_learns(classes: int, cuts: list[int]) -> None:
    p_NK, y_N = a_problem(classes)
    predicted = p_NK.argmax(axis=1)
    score = p_NK[:, 1] if classes == 2 else p_NK
    assert scores(p_NK, y_N, cuts) == pytest.approx(
        {
            "accuracy": accuracy_score(y_N, predicted),
            "f1_macro": f1_score(y_N, predicted, average="macro"),
            "log_loss": log_loss(y_N, p_NK),
            "roc_auc": roc_auc_score(y_N, score, multi_class="ovr"),
        }
    )


def test_a_class_that_no_training_row_had_counts_as_wrong_and_has_no_log_loss() -> None:
    p_NK, y_N = a_problem(3)
    y_N[:9] = -1
    found = scores(p_NK, y_N, [5])
    assert found["accuracy"] == accuracy_score(y_N, p_NK.argmax(axis=1))
    assert found["f1_macro"] == pytest.approx(f1_score(y_N, p_NK.argmax(axis=1), average="macro"))
    assert np.isnan(found["log_loss"])


def test_a_single_class_has_no_area() -> None:
    assert np.isnan(roc_auc(np.array([0.1, 0.2]), np.array([True, True])))


def test_too_many_scores_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(class_scores, "MOST_SCORES", 50)
    assert set(scores(*a_problem(2), [30])) == {"accuracy", "f1_macro", "log_loss"}
