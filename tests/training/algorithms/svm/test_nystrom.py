"""A kernel made of centres: with all rows the exact machine; who holds the rows changes nothing."""

from typing import Any

import numpy as np
import pytest

from lsml_trainer.algorithms.base import Diverged, Probabilistic, Rows, Shape, Unsuitable
from lsml_trainer.algorithms.svm import create, predictor
from lsml_trainer.algorithms.svm.missed import missed_share
from lsml_trainer.algorithms.svm.primal import Primal
from lsml_trainer.algorithms.svm.problem import kernel_of
from lsml_trainer.algorithms.svm.space import BLOCK_ROWS, Nystrom
from lsml_trainer.elastic.team import Arrays, Solo
from lsml_trainer.kernels import Rbf, between
from lsml_trainer.spec.base import InvalidSpec
from lsml_trainer.spec.svm import Svm
from training.algorithms.svm.machines import Rows as Pair
from training.algorithms.svm.machines import Trained, builtin, even, libsvm_dual, overlapping


def approximated(rows: Pair, centres: int, shards: int = 1, seed: int = 0, **config: Any) -> tuple[Arrays, Any]:
    """The weights and the metrics."""
    x, y = rows
    classes = int(y.max()) + 1 if y.dtype == np.int64 else 0
    asked = Svm.model_validate({**config, "approximation": {"nystrom": {"centres": centres}}})
    algorithm, parts, team = create(asked, Shape(*x.shape, classes), seed), even(rows, shards), Solo()
    state = algorithm.start(parts, team)
    while not algorithm.is_done(state):
        state = algorithm.step(state, parts, team)
    return algorithm.weights(state, parts, team), algorithm.metrics(state)


@pytest.mark.parametrize("kernel", [{"kernel": "rbf"}, {"kernel": "poly", "coef0": 1.0}], ids=["rbf", "poly"])
@pytest.mark.parametrize("name", ["iris", "breast_cancer"])
def test_with_every_row_a_centre_it_has_libsvms_optimum(name: str, kernel: dict[str, Any]) -> None:
    rows = builtin(name)
    _, found = approximated(rows, len(rows[0]), C=2.0, **kernel)
    wanted = libsvm_dual(rows, C=2.0, tolerance=1e-6, **kernel)
    assert found["converged"] == 1
    assert found["dual"] * (1 - 1e-4) <= wanted <= found["loss"] * (1 + 1e-4)


def test_a_kernel_that_is_none_is_refused_in_a_sentence() -> None:
    """A polynomial with a negative coef0 is no inner product."""
    with pytest.raises(Unsuitable, match=r"no positive definite matrix, .* set svm\.coef0 to 0 or more"):
        approximated(builtin("iris"), 40, kernel="poly", coef0=-3.0, gamma=0.1)


def test_with_every_row_a_centre_a_number_has_the_exact_optimum() -> None:
    x, _ = overlapping(rows=80)
    rows = x, np.sin(x[:, 0]) + x[:, 1]
    options = {"loss": "epsilon_insensitive", "epsilon": 0.05, "C": 5.0}
    weights, found = approximated(rows, 80, **options)
    exact = Trained(rows, **options)
    assert found["converged"] == 1
    assert found["loss"] == pytest.approx(exact.metrics["loss"], rel=2e-3)
    asked = Svm.model_validate({**options, "approximation": {"nystrom": {"centres": 80}}})
    np.testing.assert_allclose(predictor(asked, weights).predict(x), exact.predictor.predict(x), atol=0.05)


def test_the_same_rows_are_centres_whoever_holds_them_and_another_seed_draws_others() -> None:
    rows = overlapping(rows=60)
    whole, split, other = (approximated(rows, 10, shards, seed)[0] for shards, seed in ((1, 0), (8, 0), (1, 1)))
    np.testing.assert_array_equal(whole["centres"], split["centres"])
    assert {tuple(row) for row in whole["centres"]} <= {tuple(row) for row in rows[0]}
    assert len(np.unique(whole["centres"], axis=0)) == 10
    assert not np.array_equal(whole["centres"], other["centres"])


def test_of_too_many_rows_the_kernel_is_approximated_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lsml_trainer.algorithms.svm.MOST_EXACT_ROWS", 59)
    monkeypatch.setattr("lsml_trainer.algorithms.svm.USUAL_CENTRES", 10)
    rows, asked = overlapping(rows=60), Svm(probability=True)
    algorithm, parts, team = create(asked, Shape(60, 4, 2), 0), even(rows, 2), Solo()
    state = algorithm.start(parts, team)
    while not algorithm.is_done(state):
        state = algorithm.step(state, parts, team)
    named = Svm.model_validate({"probability": True, "approximation": {"nystrom": {"centres": 10}}})
    found = predictor(asked, algorithm.weights(state, parts, team))
    wanted = predictor(named, approximated(rows, 10, 2, probability=True)[0])
    assert isinstance(found, Probabilistic)
    assert isinstance(wanted, Probabilistic)
    np.testing.assert_array_equal(found.probabilities(rows[0]), wanted.probabilities(rows[0]))


def test_centres_that_are_equal_count_once() -> None:
    x, y = overlapping(rows=20)
    weights, found = approximated((np.repeat(x, 3, axis=0), np.repeat(y, 3)), 60)
    assert found["converged"] == 1
    assert weights["rank"] == 20


@pytest.mark.parametrize("kernel", [{"kernel": "rbf"}, {"kernel": "poly", "degree": 2, "coef0": 1.0}])
def test_what_the_centres_miss_is_the_trace_that_is_left_and_more_of_them_miss_less(kernel: dict[str, Any]) -> None:
    x, y = overlapping(rows=60)
    config, others = Svm.model_validate(kernel), Rows(x[40:], y[40:])
    shares = []
    for count in (5, 15, 40):
        weights, _ = approximated((x[:40], y[:40]), count, **kernel)
        function = kernel_of(config, float(weights["gamma"][0]), weights["center"])
        k_NM, gram_MM = (between(function, rows, weights["centres"]) for rows in (x[40:], weights["centres"]))
        left = between(function, x[40:], x[40:].copy()).trace() - np.trace(k_NM @ np.linalg.pinv(gram_MM) @ k_NM.T)
        wanted = left / between(function, x[40:], x[40:].copy()).trace()
        shares.append(missed_share(config, weights, iter([others])))
        assert shares[-1] == pytest.approx(wanted, abs=1e-6)
    assert shares == sorted(shares, reverse=True)


def test_of_very_many_centres_it_is_not_measured_what_they_miss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lsml_trainer.algorithms.svm.missed.MOST_CENTRES", 4)
    assert missed_share(Svm(), approximated(overlapping(rows=20), 5)[0], iter([])) is None


def test_more_centres_than_rows_are_refused() -> None:
    with pytest.raises(InvalidSpec) as refusal:
        approximated(overlapping(rows=20), 21)
    assert str(refusal.value) == (
        "spec.algorithm.svm.approximation.nystrom.centres is 21, but there are only 20 training rows; lower it, or "
        "take approximation out: so few rows need none"
    )


def test_a_kernel_that_overflows_is_a_sentence() -> None:
    x, y = overlapping(rows=20)
    with pytest.raises(Diverged, match="standardize"):
        approximated((x * 1e30, y), 10, kernel="poly", degree=20, gamma=1.0)


def test_a_class_without_rows_is_never_predicted() -> None:
    x, y = overlapping(rows=60, classes=3)
    rows = x, np.where(y == 1, 3, y)
    weights, _ = approximated(rows, 15)
    asked = Svm.model_validate({"approximation": {"nystrom": {"centres": 15}}})
    assert set(predictor(asked, weights).predict(x)) <= {0, 2, 3}
    assert predictor(asked, weights).decision_function(x).shape == (60, 4)


def test_the_kernel_of_a_chunk_is_never_whole_in_memory() -> None:
    x, y = overlapping(rows=2 * BLOCK_ROWS + 7)
    space = Nystrom(Rbf(0.5), x[:600], np.dtype(np.float64))
    blocks = list(space.blocks(Rows(x, y)))
    assert [len(block.y_N) for block in blocks] == [BLOCK_ROWS, BLOCK_ROWS, 7]
    kernel = between(Rbf(0.5), x, x[:600])
    np.testing.assert_allclose(np.concatenate([block.x_ND for block in blocks]), kernel, atol=1e-12)


def test_a_draft_is_begun_with_many_more_rows_than_centres() -> None:
    asked = Svm.model_validate({"approximation": {"nystrom": {"centres": 100}}})
    rows = overlapping(rows=100)
    for count, every in ((16 * 800, 16), (16 * 800 - 1, 1)):
        algorithm = Primal(asked, Shape(count, 4, 2), draft_rows=1)
        facts = Primal(asked, Shape(100, 4, 2)).start(even(rows, 1), Solo()).facts
        assert algorithm._first_every(facts) == every
