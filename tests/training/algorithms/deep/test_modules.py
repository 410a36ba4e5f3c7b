"""A module of the user's: trained as the plain loop would, the same for every team, and blamed in one sentence."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from lsml_trainer.algorithms import deep
from lsml_trainer.algorithms.base import Algorithm, Shape, UserCodeFailed
from lsml_trainer.algorithms.batches import Batches
from lsml_trainer.algorithms.deep.mlp.learner import MlpLearner
from lsml_trainer.algorithms.deep.modules import device
from lsml_trainer.algorithms.deep.modules.learner import ModuleLearner
from lsml_trainer.algorithms.deep.modules.named_optimizer import plain_step
from lsml_trainer.algorithms.deep.training import DeepLearningAlgorithm
from lsml_trainer.elastic.team import Solo
from lsml_trainer.spec import InvalidSpec
from lsml_trainer.spec.base import parse
from lsml_trainer.spec.deep_learning import DeepLearning
from training.algorithms.deep import networks
from training.algorithms.deep.runs import run
from unit.trainer.problems import Array, blobs, cut

ADAM = {"adam": {"learningRate": 0.01}}
PATH = "training.algorithms.deep.networks"
X, Y = blobs(3)
SHAPE = Shape(48, 3, 3)
RMSPROP = {"torch": {"name": "RMSprop", "arguments": {"lr": 0.01, "momentum": 0.5}}}


def a_config(build: str = "build", optimizer: Any = None, network: Any = None, **more: Any) -> DeepLearning:
    arguments = more.pop("arguments", {})
    network = network or {"module": f"{PATH}:{build}", "arguments": arguments}
    document = {"network": network, "optimizer": optimizer or ADAM, "batchSize": 12, "epochs": 3}
    return parse(DeepLearning, document | more)


def trained(algorithm: Algorithm[Any], cuts: Sequence[int] = (), steps: int = 10**9) -> Any:
    return run(algorithm, cut(X, Y, cuts), steps)


def weights_of(algorithm: Algorithm[Any], state: Any) -> dict[str, Array]:
    return {name.removeprefix("module."): a for name, a in algorithm.weights(state, (), Solo()).items()}


def in_a_plain_loop(module: torch.nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Array]:
    batches = Batches(7, 12, 48)
    for step in range(12):
        rows = batches.of_shard(step, 0, (48,))
        module.zero_grad()
        x = torch.tensor(X[rows], dtype=torch.float32)
        functional.cross_entropy(module(x), torch.tensor(Y[rows])).backward()
        with torch.no_grad():
            plain_step(optimizer)  # the other imports torch's compiler, 6 s
    return {name: tensor.numpy() for name, tensor in module.state_dict().items()}


OPTIMIZERS: dict[str, tuple[dict[str, Any], Any]] = {
    "adam": (ADAM, lambda p: torch.optim.Adam(p, lr=0.01)),
    "adamw": ({"adamw": {"learningRate": 0.01}}, lambda p: torch.optim.AdamW(p, lr=0.01)),
    "sgd": (
        {"sgd": {"learningRate": 0.1, "momentum": 0.9, "nesterov": True, "weightDecay": 0.1}},
        lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
    ),
    "SGD": (
        {"torch": {"name": "SGD", "arguments": {"lr": 0.1, "momentum": 0.9}}},
        lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    ),
    "RMSprop": (RMSPROP, lambda p: torch.optim.RMSprop(p, lr=0.01, momentum=0.5)),
    "Adagrad": ({"torch": {"name": "Adagrad"}}, torch.optim.Adagrad),
    "NAdam": ({"torch": {"name": "NAdam"}}, torch.optim.NAdam),
    "ASGD": ({"torch": {"name": "ASGD"}}, torch.optim.ASGD),
    "Rprop": ({"torch": {"name": "Rprop"}}, torch.optim.Rprop),
    "Adafactor": ({"torch": {"name": "Adafactor"}}, torch.optim.Adafactor),
}


@pytest.mark.parametrize(("ours", "theirs"), OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_the_weights_and_running_statistics_of_a_plain_loop(ours, theirs):
    algorithm = deep.create(a_config(optimizer=ours, arguments={"norm": True}), SHAPE, seed=7)
    found = weights_of(algorithm, trained(algorithm))
    torch.manual_seed(7)
    module = networks.build(3, 3, norm=True)
    wanted = in_a_plain_loop(module, theirs([p for p in module.parameters() if p.requires_grad]))
    assert found.keys() == wanted.keys() | {"shape"}
    for name, array in wanted.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-4, atol=1e-5, err_msg=name)


@pytest.mark.parametrize(("ours", "_"), OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_it_resumes_bit_for_bit_and_leaves_the_state_as_it_was(ours, _):
    config = a_config(optimizer=ours, arguments={"norm": True, "dropout": 0.3})
    first, second = (deep.create(config, SHAPE, seed=7) for _ in range(2))
    shards = cut(X, Y, [20])
    middle = trained(first, [20], steps=5)
    saved = {name: np.ascontiguousarray(array) for name, array in first.dump(middle).items()}  # as a file has them
    assert all(array.dtype == np.float64 for array in saved.values())
    ends = [
        algorithm.dump(algorithm.step(algorithm.step(state, shards, Solo()), shards, Solo()))
        for algorithm, state in ((first, middle), (second, second.load(saved)), (first, middle))
    ]
    for name, array in ends[0].items():
        assert np.asarray(array).tobytes() == np.asarray(ends[1][name]).tobytes(), name
        assert np.asarray(array).tobytes() == np.asarray(ends[2][name]).tobytes(), name


def test_running_statistics_are_the_mean_over_the_shards_weighted_by_rows():
    config = a_config(arguments={"norm": True}, batchSize=48, epochs=1)
    algorithm = deep.create(config, SHAPE, seed=7)
    found = weights_of(algorithm, trained(algorithm, [12]))
    torch.manual_seed(7)
    module, means = networks.build(3, 3, norm=True), []
    for part in np.split(X, [12]):
        module.norm.reset_running_stats()
        module(torch.tensor(part, dtype=torch.float32))
        means.append(module.norm.running_mean.numpy().copy())
    np.testing.assert_allclose(found["norm.running_mean"], 0.25 * means[0] + 0.75 * means[1], rtol=1e-5, atol=1e-7)
    assert found["norm.num_batches_tracked"] == 1


def test_accumulated_pieces_are_the_same_step_to_rounding():
    ends = [trained(deep.create(a_config(accumulationSteps=n), SHAPE, seed=7), [20]) for n in (1, 3)]
    np.testing.assert_allclose(ends[0].variables.weights_P, ends[1].variables.weights_P, rtol=1e-3, atol=1e-5)


def test_a_start_that_was_broken_off_is_done_again_but_none_follows_a_step():
    algorithm, shards = deep.create(a_config(), SHAPE, seed=7), cut(X, Y)
    first, again = (algorithm.dump(algorithm.start(shards, Solo())) for _ in range(2))
    assert all(array.tobytes() == again[name].tobytes() for name, array in first.items())
    algorithm.step(algorithm.load(first), shards, Solo())
    with pytest.raises(AssertionError, match="a learner starts before its first step"):
        algorithm.start(shards, Solo())


def test_lazy_parameters_are_made_before_the_training():
    algorithm = deep.create(a_config("lazy"), SHAPE, seed=7)
    assert weights_of(algorithm, trained(algorithm))["0.weight"].shape == (4, 3)


def test_workers_whose_code_gives_different_weights_begin_with_those_of_the_first_shard():
    class Recorder(Solo):
        def total(self, parts: Any) -> Any:
            self.parts = parts
            return super().total(parts)

    team = Recorder()
    algorithm = deep.create(a_config("different_each_time"), SHAPE, seed=7)
    state = algorithm.start(cut(X, Y, [20]), team)
    assert not team.parts[1]["weights"].any()
    np.testing.assert_array_equal(algorithm.dump(state)["weights"], team.parts[0]["weights"])


@pytest.mark.parametrize("loss", ["cross_entropy", "bce_with_logits", "mse", "huber"])
def test_a_perceptron_is_trained_as_the_one_by_hand(loss):
    outputs, classes = (3, 3) if loss == "cross_entropy" else (1, 0)
    network = {"mlp": {"hidden": [6, 4], "activation": "gelu"}}
    more = {"labelSmoothing": 0.1} if classes else {}
    config = a_config(network=network, loss=loss, epochs=2, maxGradNorm=1.0, **more)
    y = Y if classes else (np.minimum(Y, 1) if loss == "bce_with_logits" else Y.astype(np.float64))
    ends = []
    for kind in (MlpLearner, ModuleLearner):
        algorithm = DeepLearningAlgorithm(config, kind(config, 3, outputs, 7), Shape(48, 3, classes), 7)
        shards = cut(X, y, [20])
        state = algorithm.start(shards, Solo())
        while not algorithm.is_done(state):
            state = algorithm.step(state, shards, Solo())
        ends.append((algorithm.weights(state, shards, Solo()), state.loss))
    assert ends[0][1] == pytest.approx(ends[1][1], rel=1e-4)
    assert ends[0][0].keys() == ends[1][0].keys()
    for name, array in ends[0][0].items():
        np.testing.assert_allclose(array, ends[1][0][name], rtol=1e-3, atol=1e-5, err_msg=name)


NORMALIZED = {"mlp": {"hidden": [6], "normalization": "batch"}}


@pytest.mark.parametrize(
    "config",
    [a_config(arguments={"norm": True}), a_config(network=NORMALIZED)],
    ids=["a user's module", "a normalised mlp"],
)
def test_the_predictor_needs_the_weights_alone(config):
    algorithm = deep.create(config, SHAPE, seed=7)
    state = trained(algorithm)
    weights = algorithm.weights(state, (), Solo())
    learner = algorithm._learner
    learner._flat.load(state.variables.weights_P, state.variables.held)
    wanted = learner._flat.module.eval()(torch.tensor(X, dtype=torch.float32)).detach().numpy()
    predictor = deep.predictor(config, {name: np.ascontiguousarray(array) for name, array in weights.items()})
    np.testing.assert_allclose(predictor.decision_function(X), wanted, rtol=1e-5, atol=1e-6)
    name = next(name for name in weights if name.endswith("weight"))
    with pytest.raises(ValueError, match="is not in the network as it is built now"):
        deep.predictor(config, {**weights, name: np.zeros((1, 1, 1))})


def test_a_batch_of_one_row_is_normalised_with_the_running_statistics():
    algorithm = deep.create(a_config(network=NORMALIZED, batchSize=1, epochs=1), SHAPE, seed=7)
    assert np.isfinite(trained(algorithm, [20], steps=3).loss)


def test_less_precision_is_for_the_network_alone():
    algorithm = deep.create(a_config(precision="bfloat16", epochs=30), SHAPE, seed=7)
    state = trained(algorithm)
    full = trained(deep.create(a_config(epochs=30), SHAPE, seed=7))
    assert state.variables.weights_P.dtype == torch.float32
    assert state.loss != full.loss
    assert state.loss == pytest.approx(full.loss, rel=0.2)


def test_a_scaled_loss_gives_the_same_step_and_an_overflow_a_smaller_scale(monkeypatch):
    """What float16 does on a GPU, in float32: a power of two changes no bit."""
    plain, scaled = (deep.create(a_config(), SHAPE, seed=7) for _ in range(2))
    monkeypatch.setattr(scaled._learner, "_first_scale", 2.0**16)
    ends = [trained(algorithm, steps=5) for algorithm in (plain, scaled)]
    assert torch.equal(ends[0].variables.weights_P, ends[1].variables.weights_P)
    assert (ends[1].variables.scale, ends[1].variables.good_steps) == (2.0**16, 5)
    too_much = ends[1].variables._replace(scale=2.0**130)
    after = scaled.step(replace(ends[1], loss=0.5, variables=too_much), cut(X, Y), Solo())
    assert (after.step, after.loss, after.variables.scale) == (6, 0.5, 2.0**129)
    assert torch.equal(after.variables.weights_P, too_much.weights_P)


def test_the_scale_grows_after_many_good_steps_and_has_an_end():
    assert device.grown(8.0, 1998) == (8.0, 1999)
    assert device.grown(8.0, 1999) == (16.0, 0)
    assert device.grown(device.MOST_SCALE, 1999) == (device.MOST_SCALE, 2000)
    assert (device.shrunk(8.0), device.shrunk(1.0)) == (4.0, None)


MODULE = "spec.algorithm.deepLearning.network"
TORCH = "spec.algorithm.deepLearning.optimizer.torch"
USABLE = "ASGD, Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Muon, NAdam, RAdam, RMSprop, Rprop, SGD"
INVALID: dict[str, tuple[dict[str, Any], str]] = {
    "no such module": (
        {"network": {"module": "vision.nets:build"}},
        f"{MODULE}.module is 'vision.nets:build', and there is no Python module vision; mount it, and name its folder "
        "in the variable PYTHONPATH (now /code)",
    ),
    "no such function": (
        {"network": {"module": "unit.trainer.problems:build_it"}},
        f"{MODULE}.module is 'unit.trainer.problems:build_it', and unit.trainer.problems has no function build_it; it "
        "has training, blobs, line, cut, build, trained, Exchange",
    ),
    "another argument": (
        {"arguments": {"depth": 3}},
        f"{MODULE}: {PATH}:build(features: int, outputs: int, width: int = 6, norm: bool = False, dropout: float = "
        "0.0) -> torch.nn.modules.module.Module does not take features, outputs and the arguments given: got an "
        "unexpected keyword argument 'depth'",
    ),
    "no module is returned": (
        {"build": "no_module"},
        f"{MODULE}.module: {PATH}:no_module returned a dict; it must return a torch.nn.Module",
    ),
    "outputs of another shape": (
        {"build": "too_wide"},
        f"{MODULE}.module: {PATH}:too_wide maps 2 rows of 3 features to (2, 4); it must give (2, 3)",
    ),
    "nothing to train": (
        {"build": "nothing_to_train"},
        f"{MODULE}.module: {PATH}:nothing_to_train has no parameter that requires a gradient; "
        "there is nothing to train",
    ),
    "parameters in half precision": (
        {"build": "in_half"},
        f"{MODULE}.module: {PATH}:in_half has the parameter weight in torch.float16; keep it in torch.float32 and set "
        "precision for less",
    ),
    "an unknown optimizer": (
        {"optimizer": {"torch": {"name": "Lion"}}},
        f"{TORCH}.name is 'Lion', and torch.optim has none such; it has {USABLE}",
    ),
    "an optimizer with a closure": (
        {"optimizer": {"torch": {"name": "LBFGS"}}},
        f"{TORCH}.name: LBFGS needs to compute the loss several times in a step; take one of {USABLE}",
    ),
    "an optimizer for sparse gradients": (
        {"optimizer": {"torch": {"name": "SparseAdam"}}},
        f"{TORCH}.name: SparseAdam needs sparse gradients; take one of {USABLE}",
    ),
    "an argument that the optimizer does not have": (
        {"optimizer": {"torch": {"name": "RMSprop", "arguments": {"beta": 1}}}},
        f"{TORCH}: RMSprop does not take this network with these arguments: RMSprop.__init__() got an unexpected "
        "keyword argument 'beta'",
    ),
    "a learning rate below 0": (
        {"optimizer": {"torch": {"name": "RMSprop", "arguments": {"lr": -1}}}},
        f"{TORCH}: RMSprop does not take this network with these arguments: Invalid learning rate: -1",
    ),
    "float16 without a GPU": (
        {"precision": "float16"},
        "spec.algorithm.deepLearning.precision is float16, and this worker has no GPU; set bfloat16 or float32, or ask "
        "for a GPU in workers.resources.limits",
    ),
    "compiled without a compiler": (
        {"compile": True},
        "spec.algorithm.deepLearning.compile is true, and the worker's image has no C++ compiler (g++, or what CXX "
        "names); use an image that has one, or take compile out",
    ),
}


@pytest.mark.parametrize(("options", "sentence"), INVALID.values(), ids=INVALID)
def test_what_cannot_be_built_is_said(options, sentence, monkeypatch):
    monkeypatch.setattr(device.torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(device.shutil, "which", lambda _: None)
    monkeypatch.setenv("PYTHONPATH", "/code")
    with pytest.raises(InvalidSpec) as refused:
        deep.create(a_config(**options), SHAPE, seed=0)
    assert str(refused.value) == sentence


def test_code_that_raises_is_named_with_what_it_raised():
    with pytest.raises(UserCodeFailed) as failed:
        deep.create(a_config("raises"), SHAPE, seed=0)
    assert str(failed.value) == f"{PATH}:raises raised KeyError: 'the third layer'"
    algorithm = deep.create(a_config("raises_in_training"), SHAPE, seed=0)
    with pytest.raises(UserCodeFailed) as failed:
        trained(algorithm)
    assert str(failed.value) == f"{PATH}:raises_in_training raised ZeroDivisionError: no rows of colour"
    assert isinstance(failed.value.__cause__, ZeroDivisionError)
