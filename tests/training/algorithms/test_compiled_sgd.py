"""The compiled loop of stochastic gradient descent: numpy's weights, and the same bits alone and in a team."""

from typing import Any

import numpy as np
import pytest

from lsml_trainer.algorithms import sgd
from lsml_trainer.algorithms.merged import Merged
from lsml_trainer.algorithms.sgd.compiled_descent import CompiledDescent
from lsml_trainer.elastic.team import Solo
from lsml_trainer.losses import LOSSES
from lsml_trainer.spec import Sgd
from unit.trainer.problems import Array, blobs, build, cut, line, trained, training

CUTS = [10, 24, 24]
"""Of four shards; one is empty."""


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sgd, "COMPILED_STEPS", 0)


CONFIGS: dict[str, dict[str, Any]] = {
    "l2, invscaling": {"alpha": 0.01},
    "l1, averaged, optimal": {
        "penalty": "l1",
        "alpha": 0.01,
        "average": True,
        "learningRate": {"schedule": "optimal"},
    },
    "elastic net, adaptive, stops": {
        "penalty": "elasticnet",
        "alpha": 0.02,
        "learningRate": {"schedule": "adaptive", "eta0": 0.05},
        "earlyStopping": True,
        "nIterNoChange": 2,
        "tolerance": 0.01,
        "epochs": 12,
    },
    "no penalty, constant": {"penalty": "none", "learningRate": {"schedule": "constant", "eta0": 0.02}},
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("loss", LOSSES)
def test_the_weights_are_those_of_numpys_steps(
    loss: str, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for rows in [blobs(2), blobs(3)] if LOSSES[loss].learns_classes else [line(noise=1.0)]:
        spec = training({"sgd": {"loss": loss, "batchSize": 5, **config}}, seed=3)
        weight = np.random.default_rng(0).choice([0.0, 0.5, 3.0], size=len(rows[1]))
        wanted = trained(spec, *rows, CUTS, weight)
        with monkeypatch.context() as patch:
            patch.setattr(sgd, "COMPILED_STEPS", 0)
            found = trained(spec, *rows, CUTS, weight)
        for name, array in wanted.items():
            np.testing.assert_allclose(found[name], array, rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_merged_shards_give_the_weights_of_separate_ones_to_rounding(config: dict[str, Any]) -> None:
    rows = blobs(2)
    shards = cut(*rows, CUTS)
    weights = []
    for of_steps in (shards, [Merged(shards)], [Merged(shards[:2]), Merged(shards[2:])]):
        built = build(training({"sgd": {"loss": "log_loss", "batchSize": 5, **config}}), *rows)
        state = built.start(shards, Solo())
        while not built.is_done(state):
            state = built.step(state, of_steps, Solo())
        weights.append(built.weights(state, shards, Solo()))
    for found in weights[1:]:
        for name, array in weights[0].items():
            np.testing.assert_allclose(found[name], array, rtol=1e-9, atol=1e-12, err_msg=name)


class Several(Solo):
    """A team whose shards are all held here: what its members do, step by step."""

    size = 2


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("precision", [np.float32, np.float64])
@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_a_worker_alone_has_the_bits_of_a_team(config: dict[str, Any], precision: type[Any]) -> None:
    x, y = blobs(3, rows=200, features=21)
    x = x.astype(precision)
    spec = training({"sgd": {"loss": "log_loss", "batchSize": 7, "classWeight": {"1": 2.0}, **config}}, seed=3)
    shards, ends = cut(x, y, [50, 111, 111]), []
    for team in (Solo(), Several()):
        algorithm = build(spec, x, y)
        assert isinstance(algorithm, CompiledDescent)
        state, calls = algorithm.start(shards, team), 0
        while not algorithm.is_done(state):
            state, calls = algorithm.step(state, shards, team), calls + 1
        ends.append((calls, {name: np.asarray(array).tobytes() for name, array in algorithm.dump(state).items()}))
    (few, alone), (many, together) = ends
    assert many > few
    assert alone == together


def test_only_what_takes_long_is_compiled() -> None:
    def kind(rows: int, features: int, **config: Any) -> bool:
        x: Array = np.broadcast_to(np.zeros(1), (rows, features))
        return isinstance(build(training({"sgd": {"loss": "mse", **config}}), x, np.zeros(rows)), CompiledDescent)

    assert Sgd(loss="mse").batch_size * 4000 == 128_000
    assert not kind(100_000, 3)
    assert kind(128_000, 3)
    assert kind(1_400_000, 10, batchSize=10**6)
