"""Newton's method against scikit-learn's optimum, where gradients have it hard; weights of rows and classes."""

from typing import Any

import numpy as np
import pytest
from sklearn import datasets
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from lsml_trainer.algorithms.base import MemoryShard
from lsml_trainer.elastic.team import Solo
from lsml_trainer.spec import InvalidSpec
from unit.trainer.problems import Array, blobs, build, trained, training

ALPHA = 1e-3


def newton(x: Array, y: Array, **config: Any) -> dict[str, Array]:
    given = {"loss": "log_loss", "method": "newton", "alpha": ALPHA, "iterations": 100, **config}
    return trained(training({"gradientDescent": given}), x, y)


def objective(found: dict[str, Array], x: Array, y: Array) -> float:
    z = x @ found["coef"].T + found["intercept"]
    if z.shape[1] == 1:
        z = np.column_stack([np.zeros(len(z)), z[:, 0]])
    top = z.max(axis=1)
    losses = top + np.log(np.exp(z - top[:, None]).sum(axis=1)) - z[np.arange(len(y)), y]
    return float(losses.mean() + ALPHA / 2 * (found["coef"] ** 2).sum())


def _badly_scaled() -> tuple[Array, Array]:
    x, y = blobs(2, rows=200, features=6)
    x[:, 5] = x[:, 4] + 1e-3 * x[:, 5]  # almost the same twice
    return x * 10.0 ** np.arange(-3, 3), y


def _with(x: Array, *columns: Array) -> Array:
    return np.column_stack([x, *columns])


x2, y2 = blobs(2, rows=60)
PROBLEMS: dict[str, tuple[Array, Array]] = {
    **{
        name: (StandardScaler().fit_transform(x), y.astype(np.int64))
        for name, (x, y) in {
            name: getattr(datasets, f"load_{name}")(return_X_y=True) for name in ("iris", "wine", "breast_cancer")
        }.items()
    },
    "features of scales from 0.001 to 100, two almost the same": _badly_scaled(),
    "2 of 60 rows of one class": (x2, (np.arange(60) >= 58).astype(np.int64)),
    "each row twice": (np.repeat(x2, 2, axis=0), np.repeat(y2, 2)),
    "a constant column and one that is there twice": (_with(x2, np.full(60, 7.0), x2[:, 0]), y2),
    "more columns than rows": (np.random.default_rng(0).normal(size=(20, 50)), np.arange(20) % 2),
}


@pytest.mark.parametrize(("x", "y"), PROBLEMS.values(), ids=PROBLEMS)
def test_it_ends_at_least_as_low_as_scikit_learn(x: Array, y: Array) -> None:
    theirs = LogisticRegression(C=1 / (ALPHA * len(x)), solver="newton-cholesky", tol=1e-10, max_iter=200).fit(x, y)
    wanted = objective({"coef": theirs.coef_, "intercept": theirs.intercept_}, x, y)
    assert objective(newton(x, y), x, y) <= wanted + 1e-9 * abs(wanted)


def test_it_takes_a_few_steps_where_gradients_take_thousands() -> None:
    x, y = PROBLEMS["features of scales from 0.001 to 100, two almost the same"]
    config = {"loss": "log_loss", "method": "newton", "alpha": ALPHA}
    algorithm, shards = build(training({"gradientDescent": config}), x, y), (MemoryShard(0, x, y),)
    state = algorithm.start(shards, Solo())
    while not algorithm.is_done(state):
        state = algorithm.step(state, shards, Solo())
    assert algorithm.steps(state)[0] < 20


@pytest.mark.parametrize("loss", ["log_loss", "squared_hinge"])
def test_a_class_that_weighs_twice_is_one_whose_rows_are_there_twice(loss: str) -> None:
    x, y = blobs(2, rows=40)
    twice = np.repeat(np.arange(len(y)), np.where(y == 1, 2, 1))
    one, other = newton(x, y, loss=loss, classWeight={"1": 2.0}), newton(x[twice], y[twice], loss=loss)
    for name in one:
        np.testing.assert_allclose(one[name], other[name], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("classes", [2, 3])
def test_balanced_is_scikit_learns(classes: int) -> None:
    x, y = blobs(classes, rows=90)
    x, y = x[: 40 + 10 * classes], np.sort(y)[: 40 + 10 * classes]
    theirs = LogisticRegression(C=1 / (ALPHA * len(x)), class_weight="balanced", tol=1e-10, max_iter=1000).fit(x, y)
    np.testing.assert_allclose(newton(x, y, classWeight="balanced")["coef"], theirs.coef_, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "config",
    [
        {"loss": "mse", "iterations": 2000},
        {"loss": "huber", "iterations": 1500, "momentum": 0.9},
        {"loss": "huber", "method": "newton"},
    ],
    ids=str,
)
def test_a_row_that_weighs_twice_is_one_that_is_there_twice(config: dict[str, Any]) -> None:
    random = np.random.default_rng(0)
    x, weight = random.normal(size=(40, 3)), random.integers(0, 3, size=40)
    y = x @ [1.0, 2.0, 3.0] + random.normal(size=40)
    spec = training({"gradientDescent": {**config, "alpha": 0.01}})

    def end(*rows: Array) -> dict[str, Array]:
        algorithm, shards = build(spec, rows[0], rows[1]), (MemoryShard(0, *rows),)
        state = algorithm.start(shards, Solo())
        while not algorithm.is_done(state):
            state = algorithm.step(state, shards, Solo())
        return dict(algorithm.weights(state, shards, Solo()))

    weighed, repeated = end(x, y, weight.astype(np.float64)), end(np.repeat(x, weight, axis=0), np.repeat(y, weight))
    np.testing.assert_allclose(weighed["coef"], repeated["coef"], rtol=1e-5)
    np.testing.assert_allclose(weighed["intercept"], repeated["intercept"], rtol=1e-5)


def test_a_weight_for_a_class_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidSpec, match=r"classWeight names the class 'cat'; there are 0, 1"):
        newton(*blobs(2), classWeight={"cat": 2.0})
