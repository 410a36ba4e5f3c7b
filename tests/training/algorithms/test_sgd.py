"""Stochastic gradient descent row by row: the weights of scikit-learn's, for every loss, classes and average."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.linear_model import Lasso, LogisticRegression, SGDClassifier, SGDRegressor
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit

from lsml_trainer.algorithms.base import Unsuitable
from lsml_trainer.algorithms.batches import Batches
from lsml_trainer.algorithms.schedules import after_epoch, after_step, first_pace, rates
from lsml_trainer.algorithms.shuffle import Shuffle
from lsml_trainer.algorithms.validation import Parts, Validation
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
        pace = after_epoch(config, after_step(pace, np.array([falls, stands]), rows=10), None)
        found.append(rates(config, pace, t=epoch + 1).tolist())
    assert found == [[1.0, 1.0]] * 5 + [[1.0, 0.2]] * 5 + [[1.0, pytest.approx(0.04)]] * 2


STOPPING: dict[str, dict[str, Any]] = {
    "a score on rows that are kept": {"earlyStopping": True, "validationFraction": 0.25, "tolerance": 0.01},
    "the training loss": {"tolerance": 0.02},
}


@pytest.mark.parametrize("schedule", ["invscaling", "adaptive"])
@pytest.mark.parametrize("stopping", STOPPING.values(), ids=STOPPING)
@pytest.mark.parametrize("loss", ["log_loss", "hinge", "mse"])
def test_it_stops_after_the_same_epoch_as_scikit_learns(
    loss: str, stopping: dict[str, Any], schedule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both in the order of the rows, and judged by the rows that scikit-learn keeps."""
    classes = LOSSES[loss].learns_classes
    x, y = blobs(2, rows=80) if classes else line(rows=80, noise=1.0)
    cutter = (StratifiedShuffleSplit if classes else ShuffleSplit)(test_size=0.25, random_state=SEED)
    train, held = (np.sort(part) for part in next(cutter.split(x, y)))
    monkeypatch.setattr(Validation, "parts", lambda *_: Parts(train, held))
    monkeypatch.setattr(Shuffle, "rows", lambda self, first, after: np.arange(first, after))
    config = {"loss": loss, "batchSize": 1, "epochs": 200, "nIterNoChange": 3, "alpha": 1e-2, **stopping}
    algorithm, state = ended({"sgd": {**config, "learningRate": {"schedule": schedule, "eta0": 0.02}}}, x, y)
    theirs = (SGDClassifier if classes else SGDRegressor)(
        loss={"mse": "squared_error"}.get(loss, loss),
        alpha=1e-2,
        learning_rate=schedule,
        eta0=0.02,
        power_t=0.25,
        shuffle=False,
        max_iter=200,
        tol=stopping["tolerance"],
        n_iter_no_change=3,
        early_stopping="earlyStopping" in stopping,
        validation_fraction=0.25,
        random_state=SEED,
    ).fit(x, y)
    assert 3 < theirs.n_iter_ < 200
    assert algorithm.epoch(state) == theirs.n_iter_
    assert algorithm.steps(state) == (state.step, state.step)
    np.testing.assert_allclose(state.weights_KE[:, :-1], np.atleast_2d(theirs.coef_), rtol=1e-9, atol=1e-12)
    if "earlyStopping" in stopping:
        score = theirs.score(x[held], y[held])
        assert algorithm.metrics(state)["validationScore"] == pytest.approx(score, abs=1e-9)


def ended(algorithm: dict[str, Any], x: NDArray[Any], y: NDArray[Any], cuts: Sequence[int] = ()) -> tuple[Any, Any]:
    """The algorithm and its last state."""
    built, shards, team = build(training(algorithm, seed=SEED), x, y), cut(x, y, cuts), Solo()
    state = built.start(shards, team)
    while not built.is_done(state):
        state = built.step(state, shards, team)
    return built, state


def test_an_output_that_has_stopped_stays_as_it_is_while_others_go_on() -> None:
    random = np.random.default_rng(0)
    y = random.integers(0, 3, size=120)
    x = np.column_stack([10.0 * (y == 0) - 5.0, random.normal(size=120) + (y == 1)])  # the first class is easy
    config = {"loss": "log_loss", "penalty": "l1", "alpha": 1e-3, "average": True, "epochs": 60, "batchSize": 8}
    config |= {"tolerance": 1e-3, "nIterNoChange": 2}
    built, shards, team = build(training({"sgd": config}), x, y), cut(x, y), Solo()
    state, kept = built.start(shards, team), {}
    while not built.is_done(state):
        state = built.step(state, shards, team)
        for output in np.flatnonzero(state.pace.stopped_K):
            now = np.concatenate([state.weights_KE[output], state.average_KE[output]])
            np.testing.assert_array_equal(kept.setdefault(int(output), (state.step, now))[1], now)
    assert len({step for step, _ in kept.values()}) > 1


@given(st.lists(st.integers(0, 30), min_size=4, max_size=4).filter(lambda sizes: sum(sizes) > 1), st.floats(0.05, 0.5))
@settings(max_examples=30, deadline=None)
def test_the_rows_that_judge_are_the_fraction_and_every_other_row_is_for_the_steps(
    sizes: list[int], fraction: float
) -> None:
    validation, shard_rows = Validation(SEED, fraction, sum(sizes), "sgd.validationFraction"), tuple(sizes)
    parts = [validation.parts(shard, shard_rows) for shard in range(4)]
    assert sum(len(part.held_N) for part in parts) == int(np.ceil(fraction * sum(sizes)))
    assert tuple(len(part.train_N) for part in parts) == validation.train_rows(shard_rows)
    for part, rows in zip(parts, sizes, strict=True):
        np.testing.assert_array_equal(np.sort(np.concatenate(part)), np.arange(rows))


def test_a_fraction_that_leaves_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(Unsuitable) as refused:
        build(training({"sgd": {"loss": "mse", "earlyStopping": True, "validationFraction": 0.99}}), *line(rows=20))
    assert str(refused.value) == (
        "sgd.validationFraction 0.99 of 20 training rows leaves none to learn from; lower it, or take earlyStopping out"
    )


def test_rows_that_judge_and_do_not_count_are_refused() -> None:
    x, y = line(rows=20)
    spec = training({"sgd": {"loss": "mse", "earlyStopping": True}})
    judges = Validation(0, 0.1, 20, "sgd.validationFraction").parts(0, (20,)).held_N
    weight = np.isin(np.arange(20), judges, invert=True).astype(float)
    with pytest.raises(Unsuitable, match=r"no row of sgd\.validationFraction has a weight; raise it, or take"):
        trained(spec, x, y, weight_N=weight)


def test_the_loss_is_the_mean_objective_of_the_last_epoch() -> None:
    x, y = line(rows=40, noise=1.0)
    config = {"loss": "mse", "penalty": "none", "epochs": 2, "batchSize": 10, "learningRate": {"eta0": 1e-9}}
    algorithm, shards, team = build(training({"sgd": config}), x, y), cut(x, y), Solo()
    state = algorithm.start(shards, team)
    while not algorithm.is_done(state):
        state = algorithm.step(state, shards, team)
    assert algorithm.metrics(state)["loss"] == pytest.approx((y**2).mean() / 2, rel=1e-6)
    assert (algorithm.steps(state), algorithm.epoch(state), algorithm.rows_per_step()) == ((8, 8), 2, 10.0)
    assert algorithm.samples(state) == 2 * 40


def test_a_huber_that_sees_no_error_is_refused() -> None:
    with pytest.raises(InvalidSpec, match=r"sgd\.epsilon is 0: huber would see no error at all; set epsilon above 0"):
        build(training({"sgd": {"loss": "huber", "epsilon": 0.0}}), *line())
