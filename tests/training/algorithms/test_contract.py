"""What holds for every algorithm in the registry, whatever it learns."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from lsml_trainer.algorithms import ALGORITHMS, predictor
from lsml_trainer.algorithms.base import Diverged
from lsml_trainer.algorithms.merged import Merged
from lsml_trainer.elastic.team import Arrays, Solo
from unit.trainer.problems import Array, Exchange, blobs, build, cut, line, trained, training

MLP = {"network": {"mlp": {"hidden": [5], "dropout": 0.25}}, "epochs": 3, "batchSize": 12}
NORMALIZED = {"mlp": {"hidden": [5], "normalization": "layer", "dropout": 0.25}}
BUILD = "training.algorithms.deep.networks:build"
MODULE = {**MLP, "network": {"module": BUILD, "arguments": {"norm": True, "dropout": 0.25}}}
CASES: dict[str, tuple[dict[str, Any], tuple[Array, Array]]] = {
    "gradient descent, squared error": ({"gradientDescent": {"loss": "mse", "iterations": 50}}, line()),
    "gradient descent, huber, Nesterov": (
        {"gradientDescent": {"loss": "huber", "iterations": 20, "momentum": 0.9, "nesterov": True}},
        line(),
    ),
    "gradient descent, L1, FISTA's way": (
        {
            "gradientDescent": {
                "loss": "huber",
                "penalty": "elasticnet",
                "alpha": 0.1,
                "l1Ratio": 0.5,
                "iterations": 20,
                "momentum": 0.9,
                "nesterov": True,
            }
        },
        line(),
    ),
    "gradient descent, two classes": ({"gradientDescent": {"loss": "log_loss", "iterations": 20}}, blobs(2)),
    "gradient descent, three classes": ({"gradientDescent": {"loss": "log_loss", "iterations": 20}}, blobs(3)),
    "gradient descent, one against the rest": (
        {"gradientDescent": {"loss": "squared_hinge", "iterations": 20, "alpha": 0.1}},
        blobs(3),
    ),
    "Newton's method, three classes, weighted": (
        {"gradientDescent": {"loss": "log_loss", "method": "newton", "alpha": 0.01, "classWeight": "balanced"}},
        blobs(3),
    ),
    "Newton's method, a number": ({"gradientDescent": {"loss": "huber", "method": "newton", "epsilon": 2.0}}, line()),
    "sgd, squared error": ({"sgd": {"loss": "mse", "batchSize": 8}}, line()),
    "sgd, hinge, elastic net, averaged": (
        {"sgd": {"loss": "hinge", "penalty": "elasticnet", "average": True, "batchSize": 8}},
        blobs(2),
    ),
    "sgd, three classes, adaptive": (
        {
            "sgd": {
                "loss": "log_loss",
                "batchSize": 7,
                "classWeight": {"1": 3.0},
                "learningRate": {"schedule": "adaptive", "eta0": 0.1},
            }
        },
        blobs(3),
    ),
    "sgd, a number, stops early": (
        {"sgd": {"loss": "mse", "batchSize": 5, "earlyStopping": True, "tolerance": 0.1, "nIterNoChange": 1}},
        line(),
    ),
    "svm, linear": ({"svm": {"kernel": "linear"}}, blobs(2)),
    "svm, squared hinge, three classes, weighted": (
        {"svm": {"kernel": "linear", "loss": "squared_hinge", "classWeight": "balanced"}},
        blobs(3),
    ),
    "svm, a number, squared": (
        {"svm": {"kernel": "linear", "loss": "squared_epsilon_insensitive", "epsilon": 0.05}},
        line(),
    ),
    "svm, Nystrom, rbf, three classes": (
        {"svm": {"kernel": "rbf", "C": 4.0, "approximation": {"nystrom": {"centres": 12}}}},
        blobs(3),
    ),
    "svm, Nystrom, poly, squared hinge": (
        {
            "svm": {
                "kernel": "poly",
                "degree": 2,
                "coef0": 1.0,
                "loss": "squared_hinge",
                "approximation": {"nystrom": {"centres": 8, "seed": 7}},
            }
        },
        blobs(2),
    ),
    "svm, Nystrom, probabilities": (
        {"svm": {"loss": "squared_hinge", "probability": True, "approximation": {"nystrom": {"centres": 12}}}},
        blobs(3),
    ),
    "svm, Nystrom, a number": (
        {"svm": {"loss": "squared_epsilon_insensitive", "approximation": {"nystrom": {"centres": 12}}}},
        line(),
    ),
    "svm, rbf, three classes": ({"svm": {"kernel": "rbf", "C": 4.0}}, blobs(3)),
    "svm, a number": ({"svm": {"loss": "epsilon_insensitive", "epsilon": 0.05, "C": 10.0}}, line()),
    "svm, probabilities": ({"svm": {"probability": True}}, blobs(3)),
    "svm, poly": ({"svm": {"kernel": "poly", "degree": 2, "coef0": 1.0}}, blobs(2)),
    "mlp, three classes, adam": ({"deepLearning": {**MLP, "optimizer": {"adam": {}}}}, blobs(3)),
    "mlp, a number, sgd with momentum": (
        {"deepLearning": {**MLP, "loss": "mse", "optimizer": {"sgd": {"learningRate": 0.01, "momentum": 0.9}}}},
        line(),
    ),
    "a user's module, three classes, RMSprop": (
        {"deepLearning": {**MODULE, "optimizer": {"torch": {"name": "RMSprop"}}}},
        blobs(3),
    ),
    "a normalised mlp, a number, adam": (
        {"deepLearning": {**MLP, "network": NORMALIZED, "loss": "huber", "optimizer": {"adam": {}}}},
        line(),
    ),
}
every_algorithm = pytest.mark.parametrize(("algorithm", "rows"), CASES.values(), ids=CASES)


def test_every_algorithm_of_the_registry_is_here() -> None:
    assert {kind for algorithm, _ in CASES.values() for kind in algorithm} == set(ALGORITHMS)


@every_algorithm
@pytest.mark.parametrize("cuts", [[24], [13, 24, 40], [20, 20, 30]], ids=["2", "4 uneven", "one of 4 empty"])
def test_any_split_of_the_rows_gives_the_same_weights_to_rounding(
    algorithm: dict[str, Any], rows: tuple[Array, Array], cuts: Sequence[int]
) -> None:
    """Of algorithms whose order of rows does not depend on the shards; the others are held to their first step."""
    if "sgd" in algorithm or "deepLearning" in algorithm:
        algorithm = _in_one_batch(algorithm, len(rows[0]))
    whole, split = trained(training(algorithm), *rows), trained(training(algorithm), *rows, cuts)
    assert whole.keys() == split.keys()
    if "svm" in algorithm and not algorithm["svm"].get("loss", "").startswith("squared"):
        return  # equal to the tolerance of its optimum: tested by its decisions, in svm/
    for name, array in whole.items():
        np.testing.assert_allclose(split[name], array, rtol=1e-4, atol=1e-5, err_msg=name)


@every_algorithm
def test_a_row_that_counts_twice_is_two_rows_and_one_that_counts_nothing_is_none(
    algorithm: dict[str, Any], rows: tuple[Array, Array]
) -> None:
    x_ND, y_N = rows
    weight_N = np.resize([2.0, 1.0, 0.0, 1.0, 2.0], len(y_N))
    if "svm" in algorithm:
        return  # gamma and the folds are of the rows: tested in svm/
    if "sgd" in algorithm or "deepLearning" in algorithm:
        algorithm = _in_one_batch(algorithm, 2 * len(y_N))
    found = trained(training(algorithm), x_ND, y_N, [24], weight_N)
    several_N = np.repeat(np.arange(len(y_N)), weight_N.astype(np.int64))
    wanted = trained(training(algorithm), x_ND[several_N], y_N[several_N])
    for name, array in wanted.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-4, atol=1e-5, err_msg=name)


def _in_one_batch(algorithm: dict[str, Any], rows: int) -> dict[str, Any]:
    ((kind, config),) = algorithm.items()
    by_shard = ("earlyStopping", "tolerance", "nIterNoChange")  # the rows that judge are drawn from each shard
    whole = {name: value for name, value in config.items() if name not in by_shard}
    whole |= {"batchSize": rows, "epochs": 4}
    if "network" in whole:
        # dropout is drawn by shard, and batches are normalised by shard
        whole["network"] = {"module": BUILD} if "module" in whole["network"] else {"mlp": {"hidden": [5]}}
    return {kind: whole}


@every_algorithm
@pytest.mark.parametrize("steps", [0, 1])
def test_a_state_that_was_saved_goes_on_bit_for_bit(
    algorithm: dict[str, Any], rows: tuple[Array, Array], steps: int
) -> None:
    shards, team = cut(*rows, [24]), Solo()
    first = build(training(algorithm), *rows)
    state = first.start(shards, team)
    for _ in range(steps):
        state = first.step(state, shards, team)
    second = build(training(algorithm), *rows)  # another process: no cache of the first
    copy = {name: np.array(array) for name, array in first.dump(state).items()}
    resumed = second.load(copy)
    for _ in range(3):
        if first.is_done(state):
            break
        state, resumed = first.step(state, shards, team), second.step(resumed, shards, team)
    assert_bits_equal(first.dump(state), second.dump(resumed))
    assert_bits_equal(first.weights(state, shards, team), second.weights(resumed, shards, team))


@every_algorithm
def test_a_step_leaves_the_given_state_as_it_was(algorithm: dict[str, Any], rows: tuple[Array, Array]) -> None:
    shards, team = cut(*rows), Solo()
    built = build(training(algorithm), *rows)
    state = built.start(shards, team)
    before = {name: np.array(array) for name, array in built.dump(state).items()}
    built.step(state, shards, team)
    assert_bits_equal(built.dump(state), before)


@every_algorithm
def test_two_workers_compute_the_bits_of_one(algorithm: dict[str, Any], rows: tuple[Array, Array]) -> None:
    shards = cut(*rows, [10, 24, 37])
    alone = build(training(algorithm), *rows)
    wanted = alone.start(shards, Solo())
    for _ in range(3):
        wanted = wanted if alone.is_done(wanted) else alone.step(wanted, shards, Solo())

    exchange = Exchange()
    workers = [build(training(algorithm), *rows) for _ in range(2)]
    halves = [shards[:2], shards[2:]]
    states = exchange.together([lambda team, w=w, h=h: w.start(h, team) for w, h in zip(workers, halves, strict=True)])
    for _ in range(3):
        if workers[0].is_done(states[0]):
            break
        steps = [
            lambda team, w=w, s=s, h=h: w.step(s, h, team) for w, s, h in zip(workers, states, halves, strict=True)
        ]
        states = exchange.together(steps)
    for worker, state in zip(workers, states, strict=True):
        assert_bits_equal(worker.dump(state), alone.dump(wanted))


@every_algorithm
def test_merged_shards_give_the_steps_of_separate_ones_to_rounding(
    algorithm: dict[str, Any], rows: tuple[Array, Array]
) -> None:
    if "deepLearning" in algorithm:
        algorithm = {"deepLearning": _of_each_row_alone(algorithm["deepLearning"])}
    shards = cut(*rows, [10, 24, 24])
    separate, merging = build(training(algorithm), *rows), build(training(algorithm), *rows)
    wanted = separate.start(shards, Solo())
    found = merging.load(separate.dump(wanted))
    halves = [Merged(shards[:2]), Merged(shards[2:])]
    for _ in range(3):
        wanted = wanted if separate.is_done(wanted) else separate.step(wanted, shards, Solo())
        found = found if merging.is_done(found) else merging.step(found, halves, Solo())
    for name, array in separate.dump(wanted).items():
        np.testing.assert_allclose(merging.dump(found)[name], array, rtol=1e-3, atol=1e-4, err_msg=name)


def _of_each_row_alone(config: dict[str, Any]) -> dict[str, Any]:
    """Without what a torch module draws for, or normalises over, all rows that it is given."""
    network = config["network"]
    if "module" in network:
        return {**config, "network": {"module": BUILD}}
    by_hand = "normalization" not in network["mlp"]
    return config if by_hand else {**config, "network": {"mlp": {**network["mlp"], "dropout": 0.0}}}


@every_algorithm
def test_data_that_are_not_finite_stop_it(algorithm: dict[str, Any], rows: tuple[Array, Array]) -> None:
    x_ND, y_N = np.array(rows[0]), rows[1]
    x_ND[3, 1] = np.nan
    with pytest.raises(Diverged, match="standardiz"):
        trained(training(algorithm), x_ND, y_N)


@every_algorithm
def test_the_loss_is_the_first_metric_and_the_predictions_fit(
    algorithm: dict[str, Any], rows: tuple[Array, Array]
) -> None:
    spec, shards, team = training(algorithm), cut(*rows), Solo()
    built = build(spec, *rows)
    state = built.start(shards, team)
    while not built.is_done(state):
        state = built.step(state, shards, team)
    assert next(iter(built.metrics(state))) == "loss"
    predicted = predictor(spec.algorithm, built.weights(state, shards, team)).predict(rows[0])
    assert predicted.shape == rows[1].shape
    if rows[1].dtype == np.int64:
        assert (predicted == rows[1]).mean() > 1 / len(np.unique(rows[1]))


def assert_bits_equal(one: Arrays, other: Arrays) -> None:
    assert one.keys() == other.keys()
    for name in one:
        assert np.asarray(one[name]).tobytes() == np.asarray(other[name]).tobytes(), name
