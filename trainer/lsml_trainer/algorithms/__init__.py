"""The algorithms: one line each. A module is imported when it is used, so that only deep learning loads torch.

Each module has `create(config, shape, seed) -> Algorithm` and `predictor(config, weights) -> Predictor`.
"""

from importlib import import_module
from typing import Any, Protocol, cast

from lsml_trainer import spec
from lsml_trainer.algorithms.base import Algorithm, Predictor, Shape
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.spec.class_weight import CLASS_LOSSES


class _Family(Protocol):
    """What the module of an algorithm offers."""

    def create(self, config: Any, shape: Shape, seed: int) -> Algorithm[Any]: ...

    def predictor(self, config: Any, weights: Arrays) -> Predictor: ...


ALGORITHMS = {
    "gradientDescent": "lsml_trainer.algorithms.gradient_descent",
    "sgd": "lsml_trainer.algorithms.sgd",
    "svm": "lsml_trainer.algorithms.svm",
    "deepLearning": "lsml_trainer.algorithms.deep",
}
"""The kind, as it is written in a specification, and the module."""


def create(training: spec.TrainingSpec, shape: Shape) -> Algorithm[Any]:
    """The algorithm that a specification asks for, for data of that shape."""
    algorithm = training.learning.algorithm
    return _family(algorithm).create(algorithm.chosen, shape, training.seed)


def predictor(algorithm: spec.Algorithm, weights: Arrays) -> Predictor:
    """What predicts with the weights that this algorithm gave."""
    return _family(algorithm).predictor(algorithm.chosen, weights)


def learns_classes(algorithm: spec.Algorithm) -> bool:
    """Whether the label is a class, not a number."""
    match algorithm.chosen:
        case spec.DeepLearning(learns_classes=learns):
            return bool(learns)
        case spec.GradientDescent(loss=loss) | spec.Sgd(loss=loss) | spec.Svm(loss=loss):
            return loss in CLASS_LOSSES
        case other:
            raise AssertionError(f"{other} is not among {', '.join(ALGORITHMS)}")


def draws_rows(algorithm: spec.Algorithm) -> bool:
    """Whether a step reads some rows of each shard, drawn at random, not all of them."""
    return isinstance(algorithm.chosen, spec.Sgd | spec.DeepLearning)


def _family(algorithm: spec.Algorithm) -> _Family:
    return cast(_Family, import_module(ALGORITHMS[algorithm.kind]))
