"""Probabilities in the primal: sigmoids of margins that each row gets from a machine which has not seen it."""

import numpy as np
import pytest

from lsml_trainer.algorithms.base import Probabilistic, Shape
from lsml_trainer.algorithms.svm import predictor
from lsml_trainer.algorithms.svm.chances import Part, WithChances, fold_of
from lsml_trainer.algorithms.svm.margins import margins
from lsml_trainer.algorithms.svm.platt import fit_sigmoid
from lsml_trainer.algorithms.svm.primal import Primal
from lsml_trainer.algorithms.svm.state import FOLDS
from lsml_trainer.elastic.team import Arrays, Solo
from lsml_trainer.spec.svm import Svm
from training.algorithms.svm.machines import Rows, builtin, even, overlapping

LINEAR = Svm(kernel="linear", probability=True, tolerance=1e-6)
SQUARED = Svm(kernel="linear", loss="squared_hinge", probability=True, tolerance=1e-6)


def learned(rows: Rows, config: Svm, shards: int = 1, *, chances: bool = True) -> Arrays:
    x, y = rows
    machine = Primal(config, Shape(*x.shape, int(y.max()) + 1))
    algorithm = WithChances(machine) if chances else machine
    parts, team = even(rows, shards), Solo()
    state = algorithm.start(parts, team)
    while not algorithm.is_done(state):
        state = algorithm.step(state, parts, team)
    return algorithm.weights(state, parts, team)


def test_each_row_is_in_one_fold_and_each_fold_has_a_fifth_whatever_the_order() -> None:
    fold_N = fold_of(np.arange(1000))
    assert np.bincount(fold_N).tolist() == [200] * FOLDS
    assert {tuple(np.bincount(fold_N[start::FOLDS], minlength=FOLDS) > 20) for start in range(FOLDS)} == {(True,) * 5}


def test_a_part_has_the_rows_of_its_fold_in_chunks_and_by_number() -> None:
    (shard,) = even(overlapping(rows=40), 1)
    held, rest = (Part(shard, 0, 2, held) for held in (True, False))
    assert (held.rows, rest.rows) == (8, 32)
    for part in (held, rest):
        np.testing.assert_array_equal(next(part.chunks()).x_ND, part.take(slice(None)).x_ND)
    both = np.concatenate([held.take(slice(None)).x_ND, rest.take(slice(None)).x_ND])
    np.testing.assert_array_equal(np.sort(both, axis=0), np.sort(shard.x_ND, axis=0))


def test_the_sigmoid_is_that_of_margins_of_rows_held_out() -> None:
    x, y = rows = overlapping(rows=100)
    fold_N, margin_N = fold_of(np.arange(100)), np.empty(100)
    for fold in range(FOLDS):
        left, held = fold_N != fold, fold_N == fold
        margin_N[held] = margins(SQUARED, learned((x[left], y[left]), SQUARED, chances=False), x[held])[:, 0]
    found = learned(rows, SQUARED)
    wanted = fit_sigmoid(margin_N, y == 0)
    np.testing.assert_allclose((found["prob_a"][0], found["prob_b"][0]), wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("config", [LINEAR, SQUARED], ids=["hinge", "squared_hinge"])
def test_the_machine_is_the_one_without_probabilities(config: Svm) -> None:
    rows = overlapping(rows=60)
    np.testing.assert_array_equal(learned(rows, config)["coef"], learned(rows, config, chances=False)["coef"])


def test_probabilities_of_an_approximation_are_good() -> None:
    x, y = builtin("wine")
    config = Svm.model_validate({"probability": True, "approximation": {"nystrom": {"centres": 30}}})
    fitted = predictor(config, learned((x[::2], y[::2]), config, 2))
    assert isinstance(fitted, Probabilistic)
    p_NK = fitted.probabilities(x[1::2])
    assert -np.log(p_NK[np.arange(len(p_NK)), y[1::2]]).mean() < 0.25
