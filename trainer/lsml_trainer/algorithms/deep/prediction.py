"""Predictions of a trained network, the same in a job and on a laptop. Must not know of training.

Shapes: N rows, D features, K outputs.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Features
from lsml_trainer.algorithms.deep.network import Network, choose_device
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.spec.deep_learning import DeepLearning

_LAYER_BYTES = 16 * 2**20
"""What the widest layer may take: rows go through the network in pieces of this."""


class NetworkPredictor:
    """A Predictor."""

    def __init__(self, config: DeepLearning, weights: Arrays) -> None:
        features, outputs = (
            weights["layers.0.weight"].shape[1],
            weights[f"layers.{len(weights) // 2 - 1}.bias"].shape[0],
        )
        self._network = Network.of(config, features, outputs)
        self._device = choose_device()
        flat_P = np.concatenate([weights[name].ravel() for name in self._network.sizes])
        self._weights_P = torch.from_numpy(flat_P).to(self._device, torch.float32)
        self._piece_rows = max(1, _LAYER_BYTES // (4 * max(self._network.widths)))

    def decision_function(self, x_ND: Features) -> NDArray[np.float64]:
        """(N,): the number, or for two classes the second's logit minus the first's; else the logits, (N, K)."""
        z_NK = self._outputs(x_ND)
        if z_NK.shape[1] == 2:
            return z_NK[:, 1] - z_NK[:, 0]
        return z_NK[:, 0] if z_NK.shape[1] == 1 else z_NK

    def predict(self, x_ND: Features) -> NDArray[np.float64] | NDArray[np.int64]:
        """(N,): the number, or the index of the most probable class."""
        z_NK = self._outputs(x_ND)
        return z_NK[:, 0] if z_NK.shape[1] == 1 else z_NK.argmax(1)

    def _outputs(self, x_ND: Features) -> NDArray[np.float64]:
        z_NK = np.empty((len(x_ND), self._network.widths[-1]))
        with torch.inference_mode():
            for first in range(0, len(x_ND), self._piece_rows):
                piece = slice(first, first + self._piece_rows)
                rows_ND = torch.tensor(x_ND[piece], dtype=torch.float32, device=self._device)
                z_NK[piece] = self._network.outputs(self._weights_P, rows_ND).cpu().numpy()
        return z_NK


class ClassPredictor(NetworkPredictor):
    """A Predictor of classes: Probabilistic."""

    def probabilities(self, x_ND: Features) -> NDArray[np.float64]:
        """Softmax of the logits, (N, K)."""
        z_NK = self._outputs(x_ND)
        odds_NK = np.exp(z_NK - z_NK.max(1, keepdims=True))
        probabilities_NK: NDArray[np.float64] = odds_NK / odds_NK.sum(1, keepdims=True)
        return probabilities_NK
