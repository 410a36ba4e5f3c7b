"""Stochastic gradient descent row by row: the weights of scikit-learn's, for every loss, classes and average."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import Lasso, LogisticRegression, SGDClassifier, SGDRegressor

from lsml_trainer.algorithms.batches import Batches
from lsml_trainer.algorithms.schedules import after_step, first_pace, rates
from lsml_trainer.elastic.team import Solo
from lsml_trainer.losses import LOSSES
from lsml_trainer.spec import InvalidSpec, Sgd, parse
from unit.trainer.problems import blobs, build, cut, line, trained, training

SEED = 3


def theirs(config: dict[str, Any], x: NDArray[Any], y: NDArray[Any]) -> Any:
    """scikit-learn's model after the same rows in the same order."""
    schedule = config["learningRate"]
    kind = SGDClassifier if y.dtype == np.int64 else SGDRegressor
    model = kind(
        loss={"mse": "squared_error"}.get(config["loss"], config["loss"]),
        alpha=1e-2,
        average=config["average"],
        epsilon=0.1,
        learning_rate=schedule["schedule"],
        eta0=schedule["eta0"],
        power_t=0.25,
        shuffle=False,
    )
    batches = Batches(SEED, 1, len(y))
    for epoch in range(config["epochs"]):
        order = [int(batches.of_shard(epoch * len(y) + i, 0, (len(y),))[0]) for i in range(len(y))]
        model.partial_fit(x[order], y[order], **({"classes": np.unique(y)} if kind is SGDClassifier else {}))
    return model


@pytest.mark.parametrize("average", [False, True], ids=["the last weights", "averaged"])
@pytest.mark.parametrize("schedule", ["constant", "invscaling", "adaptive"])
@pytest.mark.parametrize("loss", LOSSES)
def test_row_by_row_over_epochs_the_weights_are_scikit_learns(loss: str, schedule: str, average: bool) -> None:
    # With an average scikit-learn's classifier forgets its intercept between two calls of partial_fit.
    epochs = 1 if average and LOSSES[loss].learns_classes else 3
    config = {
        "loss": loss,
        "alpha": 1e-2,
        "epochs": epochs,
        "batchSize": 1,
        "average": average,
        "learningRate": {"schedule": schedule, "eta0": 0.02},
    }
    for x, y in [blobs(2), blobs(3)] if LOSSES[loss].learns_classes else [line(noise=1.0)]:
        found, wanted = trained(training({"sgd": config}, seed=SEED), x, y), theirs(config, x, y)
        np.testing.assert_allclose(found["coef"], np.atleast_2d(wanted.coef_), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(found["intercept"], wanted.intercept_, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("of_rows", [False, True], ids=["all rows alike", "rows weighed"])
@pytest.mark.parametrize("of_classes", [None, {"0": 0.5, "2": 3.0}], ids=["classes alike", "classes weighed"])
def test_row_by_row_with_weights_of_a_mean_of_1_the_weights_are_scikit_learns(
    of_classes: dict[str, float] | None, of_rows: bool
) -> None:
    x, y = blobs(3)
    random = np.random.default_rng(0)
    row_weight = random.choice([0.0, 0.5, 1.0, 3.0], size=len(y)) if of_rows else np.ones(len(y))
    class_weight = np.array([(of_classes or {}).get(str(label), 1.0) for label in y])
    row_weight /= (row_weight * class_weight).mean()
    config = {"loss": "hinge", "alpha": 1e-2, "epochs": 1, "batchSize": 1, "classWeight": of_classes}
    spec = training({"sgd": {**config, "learningRate": {"eta0": 0.02}}}, seed=SEED)
    found = trained(spec, x, y, weight_N=row_weight)
    order = [int(Batches(SEED, 1, len(y)).of_shard(i, 0, (len(y),))[0]) for i in range(len(y))]
    theirs = SGDClassifier(
        alpha=1e-2, learning_rate="invscaling", eta0=0.02, power_t=0.25, shuffle=False, max_iter=1, tol=None
    ).fit(x[order], y[order], sample_weight=(row_weight * class_weight)[order])
    np.testing.assert_allclose(found["coef"], theirs.coef_, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found["intercept"], theirs.intercept_, rtol=1e-9, atol=1e-12)


def test_classes_in_balance_count_the_same_however_many_rows_they_have() -> None:
    x, y = blobs(2, rows=400)
    some = (y == 0) | (np.arange(400) % 10 == 1)
    config = {"loss": "log_loss", "alpha": 0.05, "epochs": 100, "learningRate": {"schedule": "optimal"}}
    found = trained(training({"sgd": {**config, "classWeight": "balanced"}}), x[some], y[some])
    optimum = LogisticRegression(C=1 / (0.05 * some.sum()), class_weight="balanced").fit(x[some], y[some])
    np.testing.assert_allclose(found["coef"], optimum.coef_, atol=0.02)


@pytest.mark.parametrize("size", [8, 200])
def test_in_batches_it_ends_at_the_optimum_too(size: int) -> None:
    x, y = blobs(2, rows=200)
    config = {"loss": "log_loss", "alpha": 0.05, "epochs": 200, "learningRate": {"schedule": "optimal"}}
    found = trained(training({"sgd": {**config, "batchSize": size}}), x, y)
    optimum = LogisticRegression(C=1 / (0.05 * len(y))).fit(x, y)
    np.testing.assert_allclose(found["coef"], optimum.coef_, atol=0.01)


def test_l1_sets_what_does_not_matter_to_nothing() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(300, 8))
    y = 3 * x[:, 0] - 2 * x[:, 1] + 0.1 * random.normal(size=300)
    rate = {"eta0": 0.1}
    config = {"loss": "mse", "penalty": "l1", "alpha": 0.3, "epochs": 50, "batchSize": 16, "learningRate": rate}
    found = trained(training({"sgd": config}), x, y)["coef"].ravel()
    optimum = Lasso(alpha=0.3).fit(x, y).coef_
    assert np.flatnonzero(found).tolist() == np.flatnonzero(optimum).tolist() == [0, 1]
    np.testing.assert_allclose(found, optimum, atol=0.02)


def test_adaptive_takes_a_fifth_after_five_epochs_without_progress_for_each_output() -> None:
    config = parse(Sgd, {"loss": "hinge", "learningRate": {"schedule": "adaptive", "eta0": 1.0}}, at="sgd")
    pace = first_pace(1.0, outputs=2)
    found = []
    for epoch in range(12):
        falls, stands = 10.0 * 0.5**epoch, 7.0
        pace = after_step(pace, np.array([falls, stands]), rows=10, epoch_ends=True)
        found.append(rates(config, pace, t=epoch + 1).tolist())
    assert found == [[1.0, 1.0]] * 5 + [[1.0, 0.2]] * 5 + [[1.0, pytest.approx(0.04)]] * 2


def test_the_loss_is_the_mean_objective_of_the_last_epoch() -> None:
    x, y = line(rows=40, noise=1.0)
    config = {"loss": "mse", "penalty": "none", "epochs": 2, "batchSize": 10, "learningRate": {"eta0": 1e-9}}
    algorithm, shards, team = build(training({"sgd": config}), x, y), cut(x, y), Solo()
    state = algorithm.start(shards, team)
    while not algorithm.is_done(state):
        state = algorithm.step(state, shards, team)
    assert algorithm.metrics(state)["loss"] == pytest.approx((y**2).mean() / 2, rel=1e-6)
    assert (algorithm.steps(state), algorithm.epoch(state), algorithm.rows_per_step()) == ((8, 8), 2, 10.0)


def test_a_huber_that_sees_no_error_is_refused() -> None:
    with pytest.raises(InvalidSpec, match=r"sgd\.epsilon is 0: huber would see no error at all; set epsilon above 0"):
        build(training({"sgd": {"loss": "huber", "epsilon": 0.0}}), *line())
