"""The predictor of a fully connected network from its weights alone."""

import numpy as np

from lsml_trainer.algorithms.deep.mlp.network import Network
from lsml_trainer.algorithms.deep.prediction import NetworkPredictor, predictor_kind
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.spec.deep_learning import DeepLearning


def mlp_predictor(config: DeepLearning, weights: Arrays) -> NetworkPredictor:
    """The predictor; raises LookupError or ValueError where the weights are another network's."""
    mlp = config.network.mlp
    assert mlp is not None, "the network is an mlp"
    features, outputs = weights["layers.0.weight"].shape[1], len(weights[f"layers.{len(mlp.hidden)}.bias"])
    network = Network.of(mlp, features, outputs)
    flat = [weights[name].reshape(shape).ravel() for name, shape in network.shapes.items()]
    weights_P = np.concatenate(flat).astype(np.float32)
    kind = predictor_kind(config)
    return kind(lambda x_ND: network.outputs(weights_P, x_ND), max(network.widths), outputs)
