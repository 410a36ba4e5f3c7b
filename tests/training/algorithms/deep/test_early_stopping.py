"""Early stopping and class weights of networks: as documented, the same for every team, resumed exactly."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from lsml_trainer.algorithms import deep
from lsml_trainer.algorithms.base import Algorithm, Shape, Unsuitable
from lsml_trainer.algorithms.deep.early_stopping import Watched, after_epoch
from lsml_trainer.algorithms.validation import Validation
from lsml_trainer.elastic.team import Solo
from lsml_trainer.spec import InvalidSpec
from lsml_trainer.spec.base import parse
from lsml_trainer.spec.deep_learning import DeepLearning, EarlyStopping
from training.algorithms.deep.runs import dumped, run
from unit.trainer.problems import Exchange, blobs, cut

X, Y = blobs(3, rows=60)
SHAPE = Shape(60, 3, 3, (0, 1, 2))
MODULE = {"module": "training.algorithms.deep.networks:build", "arguments": {"norm": True, "dropout": 0.2}}
NETWORKS = {"mlp": {"mlp": {"hidden": [8], "dropout": 0.2}}, "module": MODULE}
PLAIN = {"plain mlp": {"mlp": {"hidden": [8]}}, "plain module": {"module": MODULE["module"]}}
"""Without random numbers, and statistics that a row that is there twice would change."""


def a_config(network: str = "mlp", **more: Any) -> DeepLearning:
    document = {"network": (NETWORKS | PLAIN)[network], "optimizer": {"sgd": {"learningRate": 0.3}}, "batchSize": 12}
    return parse(DeepLearning, document | more)


def trained(algorithm: Algorithm[Any], cuts: Sequence[int] = (20,), steps: int = 10**9) -> Any:
    return run(algorithm, cut(X, Y, cuts), steps)


LOSSES = {
    "it falls to the end": ([3, 2, 1], 0.0, 2, (1, 0, 3)),
    "it rises twice": ([1, 2, 3, 0], 0.0, 2, (1, 2, 1)),
    "it rises, and falls again in time": ([2, 3, 1, 4], 0.0, 2, (1, 1, 3)),
    "too little is nothing": ([2, 1.9, 1.8], 0.5, 2, (2, 2, 1)),
    "what is not finite is not better": ([2, np.inf, np.nan], 0.0, 2, (2, 2, 1)),
}


@pytest.mark.parametrize(("losses", "least", "patience", "wanted"), LOSSES.values(), ids=LOSSES)
def test_it_waits_for_a_better_loss(losses: list[float], least: float, patience: int, wanted: Any) -> None:
    config = parse(EarlyStopping, {"patience": patience, "minDelta": least})
    watched = Watched()
    for epoch, loss in enumerate(losses, 1):
        if watched.waited < patience:
            watched = after_epoch(watched, loss, lambda epoch=epoch: {"epoch": np.array([epoch])}, config)
    assert (watched.best, watched.waited, watched.weights["epoch"][0]) == wanted


@pytest.mark.parametrize("network", NETWORKS)
def test_it_ends_when_nothing_gets_better_and_gives_the_best(network: str) -> None:
    """A loss that has to fall by 10 to be better never is, after the first epoch."""
    stopping = {"validationFraction": 0.2, "patience": 2, "minDelta": 10}
    algorithm, other = (
        deep.create(a_config(network, epochs=50, earlyStopping=stopping), SHAPE, seed=3) for _ in range(2)
    )
    state = trained(algorithm)
    assert algorithm.steps(state) == (3 * 4, 50 * 4)  # 48 rows, 12 a step; the first epoch and two more
    assert set(algorithm.metrics(state)) == {"loss", "validation_loss"}
    best = algorithm.weights(state, (), Solo())
    first = other.weights(trained(other, steps=4), (), Solo())
    assert {name: array.tolist() for name, array in best.items()} == {n: a.tolist() for n, a in first.items()}
    last = deep.create(a_config(network, epochs=50, earlyStopping=stopping | {"restoreBestWeights": False}), SHAPE, 3)
    ended = last.weights(trained(last), (), Solo())
    assert any(not np.array_equal(array, ended[name]) for name, array in best.items())


@pytest.mark.parametrize("network", NETWORKS)
def test_the_validation_loss_is_that_of_the_rows_kept_back(network: str) -> None:
    stopping = {"validationFraction": 0.3}
    config = a_config(network, epochs=1, earlyStopping=stopping, classWeight={"0": 3.0})
    algorithm = deep.create(config, SHAPE, seed=3)
    state = trained(algorithm)
    predictor = deep.predictor(config, algorithm.weights(state, (), Solo()))
    judges = Validation(3, 0.3, 60, "")
    kept = np.concatenate([judges.parts(0, (20, 40)).held_N, 20 + judges.parts(1, (20, 40)).held_N])
    weight_N = np.where(Y[kept] == 0, 3.0, 1.0)
    right_N = predictor.probabilities(X[kept])[np.arange(len(kept)), Y[kept]]
    wanted = -(weight_N * np.log(right_N)).sum() / weight_N.sum()
    assert algorithm.metrics(state)["validation_loss"] == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("network", NETWORKS)
def test_it_resumes_bit_for_bit(network: str) -> None:
    config = a_config(network, epochs=4, earlyStopping={"validationFraction": 0.2}, classWeight="balanced")
    first, second, whole = (deep.create(config, SHAPE, seed=3) for _ in range(3))
    middle = {name: np.ascontiguousarray(array) for name, array in first.dump(trained(first, steps=6)).items()}
    state, shards = second.load(middle), cut(X, Y, [20])
    while not second.is_done(state):
        state = second.step(state, shards, Solo())
    assert dumped(second, state) == dumped(whole, trained(whole))


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("lost_after", [10**9, 5, 8], ids=["none is lost", "one in an epoch", "one at an epoch's end"])
def test_two_workers_end_with_the_weights_of_one_after_the_same_epoch(network: str, lost_after: int) -> None:
    config = a_config(network, epochs=50, earlyStopping={"validationFraction": 0.2, "patience": 2, "minDelta": 0.05})
    alone, *members = (deep.create(config, SHAPE, seed=3) for _ in range(3))
    shards, exchange = cut(X, Y, [10, 20, 37]), Exchange()
    wanted = run(alone, shards)
    assert lost_after == 10**9 or lost_after < wanted.step < 50 * 4

    def together(work: str, *given: Any) -> list[Any]:
        sides = zip(members, (shards[:2], shards[2:]), *given, strict=True)
        return exchange.together([lambda team, m=m, s=s, of=of: getattr(m, work)(*of, s, team) for m, s, *of in sides])

    states = together("start")
    while not members[1].is_done(states[1]) and states[1].step < lost_after:
        states = together("step", states)
    left, state = members[1], states[1]
    while not left.is_done(state):
        state = left.step(state, shards, Solo())
    assert dumped(left, state) == dumped(alone, wanted)


def test_a_row_left_to_train_on_is_needed() -> None:
    with pytest.raises(Unsuitable, match=r"validationFraction 0\.5 of 1 training rows leaves none"):
        deep.create(a_config(earlyStopping={"validationFraction": 0.5}), Shape(1, 3, 3), seed=0)


@pytest.mark.parametrize("network", PLAIN)
def test_a_class_of_weight_two_is_there_twice(network: str) -> None:
    """In full batches."""
    twice = np.concatenate([np.arange(60), np.flatnonzero(Y == 1)])
    ends = []
    for weight, rows in (({"1": 2.0}, np.arange(60)), (None, twice)):
        config = a_config(network, epochs=5, batchSize=100, **({"classWeight": weight} if weight else {}))
        algorithm = deep.create(config, Shape(len(rows), 3, 3, (0, 1, 2)), seed=3)
        shards = cut(X[rows], Y[rows])
        state = algorithm.start(shards, Solo())
        while not algorithm.is_done(state):
            state = algorithm.step(state, shards, Solo())
        ends.append(algorithm.weights(state, (), Solo()))
    for name, array in ends[0].items():
        np.testing.assert_allclose(array, ends[1][name], rtol=1e-3, atol=1e-5)


def test_balanced_is_as_scikit_learns() -> None:
    y_N = np.array([0] * 6 + [1] * 3 + [2] * 1)
    algorithm = deep.create(a_config(classWeight="balanced"), Shape(10, 3, 3, (0, 1, 2)), seed=0)
    state = algorithm.start(cut(X[:10], y_N), Solo())
    np.testing.assert_allclose(state.class_weight_K, [10 / 18, 10 / 9, 10 / 3])


def test_a_class_that_is_not_there_has_no_weight() -> None:
    algorithm = deep.create(a_config(classWeight={"7": 2.0}), SHAPE, seed=0)
    with pytest.raises(InvalidSpec, match=r"deepLearning.classWeight names the class '7'; there are 0, 1, 2"):
        algorithm.start(cut(X, Y), Solo())


REFUSED = {
    "weights of classes for a number": (
        {"loss": "mse", "classWeight": "balanced"},
        "classWeight belongs to losses of classes, cross_entropy and bce_with_logits; take it out",
    ),
    "no part": ({"earlyStopping": {"validationFraction": 0}}, "validationFraction"),
    "no patience": ({"earlyStopping": {"patience": 0}}, "patience"),
}


@pytest.mark.parametrize(("more", "words"), REFUSED.values(), ids=REFUSED)
def test_what_makes_no_sense_is_refused(more: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        a_config(**more)
    assert words in str(refusal.value)
