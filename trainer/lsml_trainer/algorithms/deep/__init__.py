"""Deep learning with PyTorch. Imports torch: whoever does not train or predict with it must not import this package."""

from lsml_trainer.algorithms.base import Algorithm, Predictor, Shape, Unsuitable
from lsml_trainer.algorithms.deep.network import Network
from lsml_trainer.algorithms.deep.prediction import ClassPredictor, NetworkPredictor
from lsml_trainer.algorithms.deep.training import DeepLearningAlgorithm, State, output_size
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.spec.deep_learning import DeepLearning

__all__ = ["create", "predictor"]


def create(config: DeepLearning, shape: Shape, seed: int) -> Algorithm[State]:
    """The algorithm for rows of this shape. Raises Unsuitable if it can not learn from them."""
    if shape.rows == 0:
        raise Unsuitable("there are no rows to train on")
    network = Network.of(config, shape.features, output_size(config, shape))
    return DeepLearningAlgorithm(config, network, shape, seed)


def predictor(config: DeepLearning, weights: Arrays) -> Predictor:
    """The predictor of a trained network."""
    return (ClassPredictor if config.loss == "cross_entropy" else NetworkPredictor)(config, weights)
