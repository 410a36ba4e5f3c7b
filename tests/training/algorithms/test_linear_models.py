"""Gradient descent and stochastic gradient descent against scikit-learn's optimum."""

import numpy as np
import pytest
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge, SGDClassifier, SGDRegressor

from lsml_trainer.algorithms.batches import Batches
from lsml_trainer.elastic.team import Solo
from lsml_trainer.spec import InvalidSpec
from unit.trainer.problems import blobs, build, cut, line, trained, training


def test_squared_error_ends_at_the_normal_equations() -> None:
    x, y = line(rows=200, features=6, noise=1.0)
    design = np.c_[x, np.ones(len(x))]
    wanted = np.linalg.solve(design.T @ design, design.T @ y)
    found = trained(training({"gradientDescent": {"loss": "mse", "iterations": 2000}}), x, y)
    np.testing.assert_allclose(np.append(found["coef"], found["intercept"]), wanted, rtol=1e-8)


def test_the_l2_penalty_is_ridges() -> None:
    x, y = line(rows=100)
    theirs = Ridge(alpha=0.3 * len(x)).fit(x, y)  # theirs is of the sum, ours of the mean
    found = trained(training({"gradientDescent": {"loss": "mse", "alpha": 0.3, "iterations": 2000}}), x, y)
    np.testing.assert_allclose(found["coef"].ravel(), theirs.coef_, rtol=1e-8)
    np.testing.assert_allclose(found["intercept"].ravel(), theirs.intercept_, rtol=1e-8)


WAYS: dict[str, dict[str, object]] = {
    "plain": {},
    "heavy ball": {"momentum": 0.8},
    "FISTA's": {"momentum": 0.8, "nesterov": True},
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize(("penalty", "ratio"), [("l1", 1.0), ("elasticnet", 0.8)])
def test_l1_ends_at_lassos_and_the_elastic_nets_optimum(penalty: str, ratio: float, way: dict[str, object]) -> None:
    x, y = line(rows=150, features=8, noise=2.0)
    theirs = ElasticNet(alpha=1.5, l1_ratio=ratio, tol=1e-12, max_iter=100_000).fit(x, y)
    config = {"loss": "mse", "alpha": 1.5, "penalty": penalty, "iterations": 20_000, "tolerance": 1e-11, **way}
    config |= {"l1Ratio": ratio} if penalty == "elasticnet" else {}
    spec = training({"gradientDescent": config})
    algorithm, shards, team = build(spec, x, y), cut(x, y), Solo()
    state = algorithm.start(shards, team)
    while not algorithm.is_done(state):
        state = algorithm.step(state, shards, team)
    found = algorithm.weights(state, shards, team)
    np.testing.assert_allclose(found["coef"].ravel(), theirs.coef_, rtol=0, atol=1e-8)
    assert (found["coef"].ravel() == 0.0).tolist() == (theirs.coef_ == 0.0).tolist()
    assert (theirs.coef_ == 0.0).any()
    np.testing.assert_allclose(found["intercept"], theirs.intercept_, atol=1e-8)
    norm = 1.5 * (ratio * np.abs(theirs.coef_).sum() + (1 - ratio) / 2 * (theirs.coef_**2).sum())
    assert algorithm.metrics(state)["loss"] == pytest.approx(((theirs.predict(x) - y) ** 2).mean() / 2 + norm)
    assert algorithm.steps(state)[0] < 20_000, "the tolerance ends it although the gradient is not 0"


def test_l1_of_a_logistic_regression_is_scikit_learns() -> None:
    x, y = blobs(2, rows=60, features=6)
    theirs = LogisticRegression(C=1 / (0.05 * 60), l1_ratio=1.0, solver="saga", tol=1e-8, max_iter=5000).fit(x, y)
    config = {"loss": "log_loss", "alpha": 0.05, "penalty": "l1", "iterations": 3000, "tolerance": 1e-8}
    config |= {"momentum": 0.9, "nesterov": True}
    found = trained(training({"gradientDescent": config}), x, y)
    np.testing.assert_allclose(found["coef"], theirs.coef_, atol=1e-5)
    assert (theirs.coef_ == 0.0).any()


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("momentum", [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}], ids=str)
def test_log_loss_ends_at_logistic_regressions_optimum(classes: int, momentum: dict[str, object]) -> None:
    x, y = blobs(classes, rows=150)
    alpha = 0.05
    theirs = LogisticRegression(C=1 / (alpha * len(x)), tol=1e-10, max_iter=1000).fit(x, y)
    config = {"loss": "log_loss", "alpha": alpha, "iterations": 5000, "tolerance": 1e-9, **momentum}
    found = trained(training({"gradientDescent": config}), x, y)
    np.testing.assert_allclose(found["coef"], theirs.coef_, rtol=1e-4, atol=1e-5)
    # Of several classes only differences of intercepts are determined.
    ours = found["intercept"] - found["intercept"].mean() if classes > 2 else found["intercept"]
    wanted = theirs.intercept_ - theirs.intercept_.mean() if classes > 2 else theirs.intercept_
    np.testing.assert_allclose(ours, wanted, rtol=1e-4, atol=1e-5)


def test_the_tolerance_ends_it_early() -> None:
    x, y = blobs(2)
    config = {"loss": "log_loss", "alpha": 0.1, "iterations": 100_000, "tolerance": 1e-3}
    algorithm = build(training({"gradientDescent": config}), x, y)
    shards, team = cut(x, y), Solo()
    state = algorithm.start(shards, team)
    while not algorithm.is_done(state):
        state = algorithm.step(state, shards, team)
    assert algorithm.steps(state)[0] < 1000


PENALTIES = {
    "l2": {"penalty": "l2", "alpha": 0.01},
    "l1": {"penalty": "l1", "alpha": 0.01},
    "elastic net": {"penalty": "elasticnet", "alpha": 0.01, "l1Ratio": 0.4},
    "none": {"penalty": "none"},
}
SCHEDULES = {
    "constant": {"schedule": "constant", "eta0": 0.02},
    "invscaling": {"schedule": "invscaling", "eta0": 0.05, "powerT": 0.3},
    "optimal": {"schedule": "optimal"},
}


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
@pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES)
def test_row_by_row_the_weights_are_those_of_scikit_learns_sgd(
    penalty: dict[str, object], schedule: dict[str, object]
) -> None:
    if schedule["schedule"] == "optimal" and penalty["penalty"] == "none":
        penalty = {**penalty, "alpha": 0.01}
    x, y = blobs(2, rows=60)
    config = {"loss": "hinge", "epochs": 1, "batchSize": 1, "learningRate": schedule, **penalty}
    found = trained(training({"sgd": config}, seed=5), x, y)
    batches = Batches(5, 1, len(x))
    order = [int(batches.of_shard(step, 0, (len(x),))[0]) for step in range(len(x))]
    theirs = SGDClassifier(
        loss="hinge",
        penalty=None if penalty["penalty"] == "none" else penalty["penalty"],
        alpha=penalty.get("alpha", 1e-4),
        l1_ratio=penalty.get("l1Ratio", 0.15),
        learning_rate=schedule["schedule"],
        eta0=schedule.get("eta0", 0.01),
        power_t=schedule.get("powerT", 0.5),
        shuffle=False,
        max_iter=1,
        tol=None,
    ).fit(x[order], y[order])
    np.testing.assert_allclose(found["coef"], theirs.coef_, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(found["intercept"], theirs.intercept_, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("loss", ["mse", "huber", "epsilon_insensitive"])
def test_a_regression_by_sgd_is_as_good_as_scikit_learns(loss: str) -> None:
    x, y = line(rows=400, noise=0.2)
    names = {"mse": "squared_error"}
    theirs = SGDRegressor(loss=names.get(loss, loss), max_iter=30, tol=None, random_state=0).fit(x, y)
    config = {"loss": loss, "epochs": 30, "batchSize": 1}
    found = trained(training({"sgd": config}), x, y)
    ours = x @ found["coef"].ravel() + found["intercept"]
    assert ((ours - y) ** 2).mean() <= 1.1 * ((theirs.predict(x) - y) ** 2).mean() + 1e-3


def test_options_that_contradict_are_refused_with_the_remedy() -> None:
    x, y = blobs(2)
    config = {"loss": "hinge", "alpha": 0.0, "learningRate": {"schedule": "optimal"}}
    with pytest.raises(InvalidSpec, match="set alpha above 0"):
        build(training({"sgd": config}), x, y)
