"""Deep learning. Whatever needs torch is imported when it is used: a small fully connected network does not."""

from itertools import pairwise
from typing import Any

from lsml_trainer.algorithms.base import Algorithm, Predictor, Shape, Unsuitable
from lsml_trainer.algorithms.deep.learner import Learner
from lsml_trainer.algorithms.deep.mlp.learner import MlpLearner
from lsml_trainer.algorithms.deep.mlp.prediction import mlp_predictor
from lsml_trainer.algorithms.deep.training import DeepLearningAlgorithm, State, output_size
from lsml_trainer.data.memory import available_bytes
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.spec.base import InvalidSpec
from lsml_trainer.spec.deep_learning import DeepLearning

__all__ = ["create", "predictor"]

LARGE = 2**28
"""Products of numbers in a step, from which on torch's own are as fast as NumPy's, and an accelerator is worth it."""

WEIGHT_BYTES = 16
"""At least, of each weight: itself, its gradient, and the sum of its gradients over the shards in float64."""


def create(config: DeepLearning, shape: Shape, seed: int) -> Algorithm[State]:
    """The algorithm for rows of this shape.

    Raises Unsuitable if it can not learn from them, InvalidSpec and UserCodeFailed where the network cannot be made.
    """
    if shape.rows == 0:
        raise Unsuitable("there are no rows to train on")
    outputs = output_size(config, shape)
    if config.network.mlp is not None:
        _needs_memory((shape.features, *config.network.mlp.hidden, outputs))
    return DeepLearningAlgorithm(config, _learner(config, shape.features, outputs, seed), shape, seed)


def predictor(config: DeepLearning, weights: Arrays) -> Predictor:
    """The predictor of a trained network."""
    mlp = config.network.mlp
    if mlp is not None and mlp.normalization == "none":
        return mlp_predictor(config, weights)
    from lsml_trainer.algorithms.deep.modules.prediction import module_predictor  # noqa: PLC0415  (imports torch)

    return module_predictor(config, weights)


def _learner(config: DeepLearning, features: int, outputs: int, seed: int) -> Learner[Any]:
    if _by_hand(config, features, outputs):
        return MlpLearner(config, features, outputs, seed)
    from lsml_trainer.algorithms.deep.modules.learner import ModuleLearner  # noqa: PLC0415  (imports torch)

    return ModuleLearner(config, features, outputs, seed)


def _needs_memory(sizes: tuple[int, ...]) -> None:
    weights = sum((inputs + 1) * outputs for inputs, outputs in pairwise(sizes))
    wanted, there = WEIGHT_BYTES * weights, available_bytes()
    if wanted > there:
        raise InvalidSpec(
            f"spec.algorithm.deepLearning.network.mlp.hidden makes a network of {weights:,} weights, which takes "
            f"{wanted / 2**20:.0f} MiB of memory at least, and there are {there / 2**20:.0f} MiB; lower it, or raise "
            "the limit"
        )


def _by_hand(config: DeepLearning, features: int, outputs: int) -> bool:
    """Whether the network is one that NumPy computes, and small: a matter of the specification, not of the machine."""
    mlp = config.network.mlp
    if mlp is None or mlp.normalization != "none" or config.optimizer.torch is not None:
        return False
    if config.precision != "float32" or config.compile:
        return False
    products = config.batch_size * sum(i * o for i, o in pairwise((features, *mlp.hidden, outputs)))
    return products < LARGE
