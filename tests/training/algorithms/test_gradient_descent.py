"""Gradient descent: where every loss ends nothing can be gained, and what is too long a step is said."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsml_trainer.algorithms.base import Diverged, Rows
from lsml_trainer.algorithms.gradient_descent.gram import gram_slope, gram_sums
from lsml_trainer.algorithms.gradient_descent.newton import second_sums, solve
from lsml_trainer.algorithms.linear import Multinomial, Objective, Separate, row_sums
from lsml_trainer.elastic.team import Solo, tree_sum
from lsml_trainer.losses import LOSSES
from lsml_trainer.spec import InvalidSpec
from unit.trainer.problems import Array, blobs, build, cut, line, trained, training

PROBLEMS: dict[str, tuple[Objective, tuple[Array, Array], str]] = {
    "huber": (Separate(LOSSES["huber"], 1), line(noise=1.0), "huber"),
    "squared_epsilon_insensitive": (
        Separate(LOSSES["squared_epsilon_insensitive"], 1),
        line(noise=1.0),
        "squared_epsilon_insensitive",
    ),
    "log_loss, two classes": (Separate(LOSSES["log_loss"], 1), blobs(2), "log_loss"),
    "log_loss, three classes": (Multinomial(3), blobs(3), "log_loss"),
    "squared_hinge, two classes": (Separate(LOSSES["squared_hinge"], 1), blobs(2), "squared_hinge"),
    "squared_hinge, one class against the rest": (Separate(LOSSES["squared_hinge"], 3), blobs(3), "squared_hinge"),
}
every_problem = pytest.mark.parametrize(("objective", "rows", "loss"), PROBLEMS.values(), ids=PROBLEMS)


def slopes(value: Callable[[Array], float], at: Array, step: float = 1e-5) -> Array:
    """The gradient by central differences."""
    found = np.empty_like(at)
    for index in np.ndindex(*at.shape):
        change = np.zeros_like(at)
        change[index] = step
        found[index] = (value(at + change) - value(at - change)) / (2 * step)
    return found


@every_problem
def test_the_sums_gradient_is_that_of_its_loss(objective: Objective, rows: tuple[Array, Array], loss: str) -> None:
    x, y = rows
    at = np.random.default_rng(0).normal(size=(objective.outputs, x.shape[1] + 1))
    found = row_sums(at, Rows(x, y), objective)["gradient"]
    wanted = slopes(lambda weights: float(row_sums(weights, Rows(x, y), objective)["loss"].sum()), at)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


@every_problem
def test_the_sums_of_second_derivatives_are_the_slopes_of_the_gradient(
    objective: Objective, rows: tuple[Array, Array], loss: str
) -> None:
    x, y = rows
    weight = np.linspace(0.0, 2.0, len(y))
    at = np.random.default_rng(0).normal(size=(objective.outputs, x.shape[1] + 1))
    found = second_sums(at, Rows(x, y, weight), objective)

    def gradient(weights: Array) -> Array:
        return row_sums(weights, Rows(x, y, weight), objective)["gradient"].ravel()

    wanted = np.stack([slopes(lambda weights, i=i: gradient(weights)[i], at).ravel() for i in range(at.size)])
    groups, size, _ = found.shape
    for group in range(groups):
        part = slice(group * size, (group + 1) * size)
        np.testing.assert_allclose(found[group], wanted[part, part], rtol=1e-4, atol=1e-4)
        wanted[part, part] = 0.0
    np.testing.assert_allclose(wanted, 0.0, atol=1e-4)


METHODS = {
    "gradient": {"iterations": 50_000, "tolerance": 1e-7, "momentum": 0.9},
    "newton": {"method": "newton", "iterations": 50},
}


@every_problem
@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_at_the_end_no_direction_gains_anything(
    method: dict[str, Any], objective: Objective, rows: tuple[Array, Array], loss: str
) -> None:
    x, y = rows
    alpha = 0.01
    config = {"loss": loss, "alpha": alpha, **method}
    found = trained(training({"gradientDescent": config}), x, y)
    end = np.column_stack([found["coef"], found["intercept"]])

    def value(weights: Array) -> float:
        penalty = 0.5 * alpha * (weights[:, :-1] ** 2).sum()
        return float(row_sums(weights, Rows(x, y), objective)["loss"].sum() / len(y) + penalty)

    np.testing.assert_allclose(slopes(value, end), 0, atol=2e-6)


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 30), min_size=3, max_size=3).map(sorted))
@settings(max_examples=30, deadline=None)
def test_a_squared_error_by_its_sums_is_that_by_its_rows_however_they_are_cut(seed: int, cuts: list[int]) -> None:
    x, y = line(rows=30, features=4, noise=1.0, seed=seed)
    at = np.random.default_rng(seed).normal(size=(1, 5))
    loss, gradient = gram_slope(at, tree_sum([gram_sums(shard.take(slice(None))) for shard in cut(x, y, cuts)]))
    by_rows = row_sums(at, Rows(x, y), Separate(LOSSES["mse"], 1))
    assert loss == pytest.approx(by_rows["loss"].sum() / 30, rel=1e-9)
    np.testing.assert_allclose(gradient, by_rows["gradient"] / 30, rtol=1e-9, atol=1e-9)


def test_a_perfect_fit_has_no_negative_loss() -> None:
    x, y = line(noise=0.0)
    algorithm, shards = build(training({"gradientDescent": {"loss": "mse"}}), x, y), cut(x, y)
    state = algorithm.step(algorithm.start(shards, Solo()), shards, Solo())
    assert 0 <= algorithm.metrics(state)["loss"] < 1e-12


@pytest.mark.parametrize("loss", ["mse", "squared_hinge"])
def test_steps_that_are_too_long_are_said_with_the_remedy(loss: str) -> None:
    x, y = line() if loss == "mse" else blobs(2)
    config: dict[str, Any] = {"loss": loss, "learningRate": 100.0, "iterations": 5000}
    with pytest.raises(Diverged, match="with a learningRate of 100; use learningRate: auto, or a smaller one"):
        trained(training({"gradientDescent": config}), x, y)


def test_an_empty_shard_adds_nothing() -> None:
    x, y = blobs(3)
    empty, at = Rows(x[:0], y[:0]), np.ones((3, 4))
    assert not any(array.any() for array in row_sums(at, empty, Multinomial(3)).values())
    assert not any(array.any() for array in gram_sums(empty).values())
    assert not second_sums(at, empty, Multinomial(3)).any()


def test_a_system_without_a_single_solution_is_solved_in_what_it_determines() -> None:
    half = np.random.default_rng(0).normal(size=(5, 3))
    matrix = half @ half.T  # rank 3
    matrix[4] = matrix[:, 4] = 0.0
    right = matrix @ np.arange(5.0)
    np.testing.assert_allclose(matrix @ solve(matrix, right), right, atol=1e-8)


def test_newton_for_more_weights_than_a_matrix_may_have_is_refused() -> None:
    x, y = np.zeros((4, 9000)), np.arange(4.0)
    algorithm = build(training({"gradientDescent": {"loss": "huber", "method": "newton"}}), x, y)
    with pytest.raises(
        InvalidSpec, match="of all 9000 features and 0 classes, more than 8192 weights; use method: gradient"
    ):
        algorithm.start(cut(x, y), Solo())
