"""The contract of an algorithm, for deep learning: right, the same for every team, resumed exactly, stopped in time."""

import math
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_diabetes, load_digits
from torch.optim.adam import adam
from torch.optim.sgd import sgd

from lsml_trainer.algorithms import deep
from lsml_trainer.algorithms.base import Algorithm, Diverged, MemoryShard, Probabilistic, Shape, Shard, Unsuitable
from lsml_trainer.algorithms.batches import Batches
from lsml_trainer.elastic.team import Arrays, Solo, tree_sum
from lsml_trainer.spec.base import parse
from lsml_trainer.spec.deep_learning import DeepLearning
from training.algorithms.deep.runs import dumped

# option, and the same in torch.optim's words. The functional forms are what its optimizers call (the classes take
# seconds to import torch._dynamo).
NO_SGD = {"lr": 0.05, "momentum": 0.0, "weight_decay": 0.0, "dampening": 0.0, "nesterov": False}
NO_ADAM = {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.0, "amsgrad": False}
EVERY_ADAM = {"learningRate": 0.01, "betas": [0.8, 0.9], "eps": 1e-3, "weightDecay": 0.1}
EVERY_NO_ADAM = NO_ADAM | {"lr": 0.01, "beta1": 0.8, "beta2": 0.9, "eps": 1e-3, "weight_decay": 0.1}
OPTIMIZERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "sgd": ({"sgd": {"learningRate": 0.05}}, NO_SGD),
    "sgd with momentum and decay": (
        {"sgd": {"learningRate": 0.05, "momentum": 0.9, "weightDecay": 0.01}},
        NO_SGD | {"momentum": 0.9, "weight_decay": 0.01},
    ),
    "sgd, nesterov": (
        {"sgd": {"learningRate": 0.05, "momentum": 0.8, "nesterov": True}},
        NO_SGD | {"momentum": 0.8, "nesterov": True},
    ),
    "adam": ({"adam": {}}, NO_ADAM),
    "adam, every option": ({"adam": EVERY_ADAM}, EVERY_NO_ADAM),
    "adamw": ({"adamw": {}}, NO_ADAM | {"weight_decay": 0.01, "decoupled_weight_decay": True}),
    "adamw, every option": ({"adamw": EVERY_ADAM}, EVERY_NO_ADAM | {"decoupled_weight_decay": True}),
}


class PlainOptimizer:
    """torch.optim.SGD or Adam, foreach=False, as its documentation writes the rules."""

    def __init__(self, parameters: Sequence[torch.Tensor], words: dict[str, Any]) -> None:
        self.parameters, self.words = list(parameters), words
        self.momenta: list[torch.Tensor | None] = [None for _ in self.parameters]
        self.means, self.squares = ([torch.zeros_like(p) for p in self.parameters] for _ in range(2))
        self.steps = [torch.tensor(0.0) for _ in self.parameters]

    @torch.no_grad()
    def step(self, loss: torch.Tensor) -> None:
        gradients = list(torch.autograd.grad(loss, self.parameters))
        if "momentum" in self.words:
            sgd(self.parameters, gradients, self.momenta, foreach=False, maximize=False, **self.words)
        else:
            remembered = (self.means, self.squares, [], self.steps)
            adam(self.parameters, gradients, *remembered, foreach=False, maximize=False, **self.words)


class Member:
    """One of several workers, each in a thread of its own: sums and gathers over the shards of all."""

    size = 2

    def __init__(self, rank: int, barrier: Barrier, table: list[Sequence[Arrays]]) -> None:
        self.rank, self.barrier, self.table = rank, barrier, table

    def gather(self, parts: Sequence[Arrays]) -> Sequence[Arrays]:
        self.table[self.rank] = parts
        self.barrier.wait(timeout=60)
        everything = [part for member in self.table for part in member]
        self.barrier.wait(timeout=60)
        return everything

    def total(self, parts: Sequence[Arrays]) -> Arrays:
        return tree_sum(self.gather(parts))


def a_config(
    optimizer: dict[str, Any] | None = None, dropout: float = 0.0, hidden: Any = (8,), **more: Any
) -> DeepLearning:
    mlp = {"hidden": list(hidden), "dropout": dropout}
    optimizer = optimizer or {"adam": {"learningRate": 0.01}}
    return parse(DeepLearning, {"network": {"mlp": mlp}, "optimizer": optimizer, "batchSize": 10, "epochs": 3} | more)


def a_problem(rows: int = 64) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(1).standard_normal((rows, 5))
    return x, (x[:, 0] + x[:, 1] > 0).astype(np.int64) + (x[:, 2] > 1)


def cut(x: np.ndarray, y: np.ndarray, at: Sequence[int]) -> list[Shard]:
    return [MemoryShard(i, *part) for i, part in enumerate(zip(np.split(x, at), np.split(y, at), strict=True))]


def train(algorithm: Algorithm[Any], shards: Sequence[Shard], team: Any = None, steps: int = 10**9) -> Any:
    team = team or Solo()
    state = algorithm.start(shards, team)
    while not algorithm.is_done(state) and algorithm.steps(state)[0] < steps:
        state = algorithm.step(state, shards, team)
    return state


def train_apart(create: Callable[[], Algorithm[Any]], shards: Sequence[Shard], holdings: Sequence[slice]) -> list[Any]:
    barrier, table = Barrier(len(holdings)), [()] * len(holdings)
    with ThreadPoolExecutor(len(holdings)) as pool:
        members = [
            pool.submit(train, create(), shards[held], Member(rank, barrier, table))
            for rank, held in enumerate(holdings)
        ]
        return [member.result() for member in members]


@pytest.mark.parametrize(("option", "words"), OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_the_same_weights_as_a_plain_torch_loop(option, words):
    x, y = a_problem()
    config, shape, shards = a_config(option, hidden=(8, 6)), Shape(64, 5, 3), cut(x, y, [])
    algorithm = deep.create(config, shape, seed=7)
    ours = algorithm.weights(train(algorithm, shards), shards, Solo())
    model = torch.nn.Sequential(
        torch.nn.Linear(5, 8), torch.nn.ReLU(), torch.nn.Linear(8, 6), torch.nn.ReLU(), torch.nn.Linear(6, 3)
    )
    first = algorithm.weights(algorithm.start(shards, Solo()), shards, Solo())
    with torch.no_grad():
        for parameter, start in zip(model.parameters(), first.values(), strict=True):
            parameter.copy_(torch.tensor(start))
    optimizer, batches = PlainOptimizer(list(model.parameters()), words), Batches(7, 10, 64)
    for step in range(21):
        rows = batches.of_shard(step, 0, (64,))
        optimizer.step(torch.nn.CrossEntropyLoss()(model(torch.tensor(x[rows]).float()), torch.tensor(y[rows])))
    for name, want in zip(ours, model.parameters(), strict=True):
        np.testing.assert_allclose(ours[name], want.detach().numpy(), rtol=1e-4, atol=1e-5)


def test_digits_are_learned():
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x, y = x[order] / 16, y[order]
    config = a_config({"adam": {"learningRate": 0.003}}, hidden=(64,), batchSize=32, epochs=8)
    algorithm, shards = deep.create(config, Shape(1437, 64, 10), seed=0), cut(x[:1437], y[:1437], [])
    state = train(algorithm, shards)
    predictor = deep.predictor(config, algorithm.weights(state, shards, Solo()))
    assert (predictor.predict(x[1437:]) == y[1437:]).mean() >= 0.95
    assert algorithm.metrics(state)["loss"] < 0.3


def test_a_number_is_learned_in_its_own_units():
    x, y = load_diabetes(return_X_y=True)
    x = x / x.std(0)
    config = a_config({"adam": {"learningRate": 0.05}}, hidden=(16,), loss="mse", batchSize=64, epochs=60)
    algorithm, shards = deep.create(config, Shape(342, 10, 0), seed=0), cut(x[:342], y[:342], [100])
    state = train(algorithm, shards)
    predicted = deep.predictor(config, algorithm.weights(state, shards, Solo())).predict(x[342:])
    assert predicted.shape == (100,)
    assert 1 - ((predicted - y[342:]) ** 2).mean() / y[342:].var() > 0.4  # least squares has 0.50 here


SHARDS = {
    "one": [],
    "two": [32],
    "four": [16, 32, 48],
    "four, uneven": [3, 30, 63],
    "four, two of them empty": [0, 40, 40],
}


@pytest.mark.parametrize("cuts", SHARDS.values(), ids=SHARDS)
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_two_workers_give_the_bytes_of_one(cuts, dropout):
    shards = cut(*a_problem(), cuts)

    def create() -> Algorithm[Any]:
        return deep.create(a_config(dropout=dropout), Shape(64, 5, 3), seed=7)

    alone = dumped(create(), train(create(), shards))
    middle = len(shards) // 2
    for holdings in ([slice(middle), slice(middle, None)], [slice(0), slice(0, None)]):
        assert [dumped(create(), state) for state in train_apart(create, shards, holdings)] == [alone, alone]


@pytest.mark.parametrize("at", [[32], [16, 32, 48], [3, 30, 63], [0, 40, 40]], ids=str)
def test_a_full_batch_is_the_same_to_rounding_however_it_is_cut(at):
    config = a_config(batchSize=64, epochs=5)
    whole, pieces = (train(deep.create(config, Shape(64, 5, 3), seed=7), cut(*a_problem(), cuts)) for cuts in ([], at))
    assert pieces.loss == pytest.approx(whole.loss, rel=1e-5)
    np.testing.assert_allclose(pieces.variables.weights_P, whole.variables.weights_P, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("cuts", [[], [5, 5, 40]], ids=["one shard", "four, one of them empty"])
def test_accumulated_pieces_are_the_same_step_to_rounding(cuts):
    shards = cut(*a_problem(), cuts)
    whole, pieces = (
        train(deep.create(a_config(accumulationSteps=steps, maxGradNorm=0.5), Shape(64, 5, 3), seed=7), shards)
        for steps in (1, 3)
    )
    np.testing.assert_allclose(pieces.variables.weights_P, whole.variables.weights_P, rtol=1e-3, atol=1e-5)


def test_a_row_that_counts_twice_is_two_rows_and_one_that_counts_nothing_is_none():
    x, y = a_problem(12)
    weight = np.array([2.0, 0.0, *np.ones(10)])
    weighted = MemoryShard(0, x, y, weight)
    repeated = MemoryShard(0, x.repeat(weight.astype(int), 0), y.repeat(weight.astype(int)))
    ends = [
        train(deep.create(a_config(batchSize=12, epochs=5), Shape(12, 5, 3), seed=7), [shard])
        for shard in (weighted, repeated)
    ]
    np.testing.assert_allclose(ends[0].variables.weights_P, ends[1].variables.weights_P, rtol=1e-3, atol=1e-5)
    assert ends[0].loss == pytest.approx(ends[1].loss, rel=1e-5)


def test_two_classes_are_learned_with_one_output():
    x, y = a_problem()
    config, y = a_config(loss="bce_with_logits", epochs=60), np.minimum(y, 1)
    algorithm = deep.create(config, Shape(64, 5, 2), seed=7)
    weights = algorithm.weights(train(algorithm, shards := cut(x, y, [20])), shards, Solo())
    predictor = deep.predictor(config, weights)
    assert predictor.decision_function(x).shape == (64,)
    assert (predictor.predict(x) == y).mean() > 0.95
    probabilities = predictor.probabilities(x)
    np.testing.assert_allclose(probabilities.sum(1), 1)
    np.testing.assert_allclose(probabilities[:, 1], 1 / (1 + np.exp(-predictor.decision_function(x))))


@pytest.mark.parametrize(("option", "_"), OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_it_resumes_bit_for_bit_in_the_middle_of_an_epoch(option, _):
    shards = cut(*a_problem(), [20])

    def create() -> Algorithm[Any]:
        return deep.create(a_config(option, dropout=0.2), Shape(64, 5, 3), seed=7)

    algorithm = create()
    middle = algorithm.dump(train(algorithm, shards, steps=11))
    assert all(array.dtype == np.float64 for array in middle.values())
    resumed = create()
    state = resumed.load(middle)
    assert dumped(resumed, state) == {name: array.tobytes() for name, array in middle.items()}
    while not resumed.is_done(state):
        state = resumed.step(state, shards, Solo())
    assert dumped(resumed, state) == dumped(algorithm, train(create(), shards))


@pytest.mark.parametrize(("option", "_"), OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_step_leaves_the_state_before_it_as_it_was(option, _):
    shards, algorithm = cut(*a_problem(), []), deep.create(a_config(option), Shape(64, 5, 3), seed=7)
    before = train(algorithm, shards, steps=9)
    kept = dumped(algorithm, before)
    once = dumped(algorithm, algorithm.step(before, shards, Solo()))
    assert dumped(algorithm, before) == kept
    assert dumped(algorithm, algorithm.step(before, shards, Solo())) == once  # a block that failed is done again


def test_where_it_stands():
    shards, algorithm = cut(*a_problem(), [20]), deep.create(a_config(), Shape(64, 5, 3), seed=7)
    state = algorithm.start(shards, Solo())
    assert (algorithm.steps(state), algorithm.epoch(state), algorithm.metrics(state)) == ((0, 21), 0, {})
    assert algorithm.rows_per_step() == pytest.approx(64 / 7)
    state = train(algorithm, shards, steps=8)
    assert (algorithm.steps(state), algorithm.epoch(state), algorithm.is_done(state)) == ((8, 21), 1, False)
    assert algorithm.samples(state) == 64 + 10
    assert algorithm.metrics(state) == {"loss": pytest.approx(1.0, abs=0.4)}
    assert algorithm.is_done(train(algorithm, shards))


def test_the_loss_is_the_mean_over_the_rows_of_the_step():
    x, y = a_problem()
    algorithm = deep.create(a_config(hidden=(), loss="mse"), Shape(64, 5, 0), seed=7)
    shards = cut(x, y.astype(float), [20])
    start = algorithm.start(shards, Solo())
    weights = algorithm.weights(start, shards, Solo())
    batches = Batches(7, 10, 64)
    errors = [
        (shard.x_ND @ weights["layers.0.weight"][0] + weights["layers.0.bias"] - shard.y_N)[
            batches.of_shard(0, shard.index, (20, 44))
        ]
        for shard in shards
    ]
    loss = algorithm.metrics(algorithm.step(start, shards, Solo()))["loss"]
    assert loss == pytest.approx((np.concatenate(errors) ** 2).mean(), rel=1e-5)


ADVICE = "lower deepLearning.optimizer.{}.learningRate (now {}), or standardize the data"
ADAM = ({"adam": {}}, ADVICE.format("adam", "0.001"))
FAST = ({"sgd": {"learningRate": 1e12}}, ADVICE.format("sgd", "1e+12"))
# what: (optimizer and its advice), loss, scale of the features, scale of the label, what is seen
DIVERGING = {
    "a label that is not a number": (ADAM, "mse", 1.0, math.nan, "loss is nan"),
    "a label beyond float32": (ADAM, "mse", 1.0, 1e30, "loss is inf"),
    "a gradient whose square overflows": (ADAM, "cross_entropy", 1e25, 1, "squared norm of the gradient is inf"),
    "a step that leaves float32": (FAST, "mse", 1.0, 1e10, "squared norm of the weights is inf"),
}


@pytest.mark.parametrize(("rule", "loss", "x_scale", "y_scale", "seen"), DIVERGING.values(), ids=DIVERGING)
def test_it_stops_before_a_state_is_not_finite(rule, loss, x_scale, y_scale, seen):
    x, y = a_problem()
    classes = 3 if loss == "cross_entropy" else 0
    algorithm = deep.create(a_config(rule[0], loss=loss, hidden=()), Shape(64, 5, classes), seed=7)
    with pytest.raises(Diverged) as stopped:
        algorithm.step(algorithm.start(shards := cut(x * x_scale, y * y_scale, [20]), Solo()), shards, Solo())
    assert str(stopped.value) == f"the {seen} at step 1; {rule[1]}"


def test_a_learning_rate_that_is_too_large_diverges():
    x, y = a_problem()
    algorithm = deep.create(
        a_config({"sgd": {"learningRate": 100.0}}, loss="mse", epochs=1000), Shape(64, 5, 0), seed=7
    )
    with pytest.raises(Diverged, match=r"lower deepLearning\.optimizer\.sgd\.learningRate"):
        train(algorithm, cut(x, y * 1e3, []))


UNSUITABLE = {
    "classes for mse": (
        "mse",
        Shape(9, 2, 3),
        "deepLearning.loss mse learns a number, but the label has classes; set loss: cross_entropy",
    ),
    "a number for cross_entropy": (
        "cross_entropy",
        Shape(9, 2, 0),
        "deepLearning.loss cross_entropy needs two classes or more, but the label is a number; set loss: mse",
    ),
    "three classes for one output": (
        "bce_with_logits",
        Shape(9, 2, 3),
        "deepLearning.loss bce_with_logits learns two classes, the label has 3; set loss: cross_entropy",
    ),
    "one class": (
        "cross_entropy",
        Shape(9, 2, 1),
        "deepLearning.loss cross_entropy needs two classes or more, but the label has one class only",
    ),
    "no rows": ("mse", Shape(0, 2, 0), "there are no rows to train on"),
}


@pytest.mark.parametrize(("loss", "shape", "sentence"), UNSUITABLE.values(), ids=UNSUITABLE)
def test_what_can_not_be_learned_is_refused(loss, shape, sentence):
    with pytest.raises(Unsuitable) as refused:
        deep.create(a_config(loss=loss), shape, seed=0)
    assert (type(refused.value), str(refused.value)) == (Unsuitable, sentence)


def a_predictor(outputs: int, loss: str = "cross_entropy") -> Any:
    random = np.random.default_rng(2)
    shapes = {
        "layers.0.weight": (8, 5),
        "layers.0.bias": (8,),
        "layers.1.weight": (outputs, 8),
        "layers.1.bias": (outputs,),
    }
    return deep.predictor(a_config(loss=loss), {name: random.standard_normal(shape) for name, shape in shapes.items()})


def test_predictions_of_several_classes():
    x, predictor = a_problem()[0], a_predictor(3)
    scores, probabilities = predictor.decision_function(x), predictor.probabilities(x)
    assert scores.shape == probabilities.shape == (64, 3)
    np.testing.assert_allclose(probabilities, torch.tensor(scores).softmax(1).numpy())
    np.testing.assert_array_equal(predictor.predict(x), scores.argmax(1))
    assert predictor.predict(x).dtype == np.int64


def test_predictions_of_two_classes():
    x, predictor = a_problem()[0], a_predictor(2)
    scores = predictor.decision_function(x)
    assert scores.shape == (64,)
    np.testing.assert_array_equal(predictor.predict(x), scores > 0)
    np.testing.assert_allclose(predictor.probabilities(x)[:, 1], 1 / (1 + np.exp(-scores)))


def test_predictions_of_a_number():
    x, predictor = a_problem()[0], a_predictor(1, "mse")
    np.testing.assert_array_equal(predictor.predict(x), predictor.decision_function(x))
    assert predictor.predict(x).shape == (64,)
    assert not isinstance(predictor, Probabilistic)


def test_predictions_go_in_pieces_and_none_is_fine(monkeypatch):
    x, predictor = a_problem()[0], a_predictor(3)
    whole = predictor.decision_function(x)
    monkeypatch.setattr(predictor, "_piece_rows", 9)
    np.testing.assert_allclose(predictor.decision_function(x), whole, rtol=1e-5, atol=1e-6)
    assert predictor.predict(x[:0]).shape == (0,)


def test_a_fully_connected_network_needs_no_torch():
    program = "import sys, lsml_trainer.algorithms.deep, lsml_trainer.spec; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)
