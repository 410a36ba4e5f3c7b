"""Deep learning. A fully connected network needs no torch; whatever does is imported when it is used."""

from typing import Any

from lsml_trainer.algorithms.base import Algorithm, Predictor, Shape, Unsuitable
from lsml_trainer.algorithms.deep.learner import Learner
from lsml_trainer.algorithms.deep.mlp.learner import MlpLearner
from lsml_trainer.algorithms.deep.mlp.prediction import mlp_predictor
from lsml_trainer.algorithms.deep.training import DeepLearningAlgorithm, State, output_size
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.spec.deep_learning import DeepLearning

__all__ = ["create", "predictor"]


def create(config: DeepLearning, shape: Shape, seed: int) -> Algorithm[State]:
    """The algorithm for rows of this shape. Raises Unsuitable if it can not learn from them."""
    if shape.rows == 0:
        raise Unsuitable("there are no rows to train on")
    learner: Learner[Any] = MlpLearner(config, shape.features, output_size(config, shape), seed)
    return DeepLearningAlgorithm(config, learner, shape, seed)


def predictor(config: DeepLearning, weights: Arrays) -> Predictor:
    """The predictor of a trained network."""
    return mlp_predictor(config, weights)
