"""Predictions of a trained network, the same in a job and on a laptop. Must not know of training.

Shapes: N rows, D features, K outputs.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Features, Labels
from lsml_trainer.algorithms.deep.learner import Floats
from lsml_trainer.spec.deep_learning import DeepLearning

_LAYER_BYTES = 16 * 2**20
"""What the widest layer may take: rows go through the network in pieces of this."""


class NetworkPredictor:
    """A Predictor of numbers."""

    def __init__(self, outputs: Callable[[Floats], Floats], width: int, sizes: int) -> None:
        """`outputs`: (N, D) float32 -> (N, K), K = `sizes`; `width` is that of the widest layer."""
        self._outputs_of, self._sizes = outputs, sizes
        self._piece_rows = max(1, _LAYER_BYTES // (4 * width))

    def decision_function(self, x_ND: Features) -> NDArray[np.float64]:
        """(N,): the number, or for two classes the second's logit minus the first's; else the logits, (N, K)."""
        z_NK = self._outputs(x_ND)
        if z_NK.shape[1] == 2:
            return z_NK[:, 1] - z_NK[:, 0]
        return z_NK[:, 0] if z_NK.shape[1] == 1 else z_NK

    def predict(self, x_ND: Features) -> Labels:
        """(N,): the number."""
        return self._outputs(x_ND)[:, 0]

    def _outputs(self, x_ND: Features) -> NDArray[np.float64]:
        z_NK = np.empty((len(x_ND), self._sizes))
        for first in range(0, len(x_ND), self._piece_rows):
            piece = slice(first, first + self._piece_rows)
            z_NK[piece] = self._outputs_of(x_ND[piece].astype(np.float32))
        return z_NK


class ClassPredictor(NetworkPredictor):
    """A Predictor of classes: Probabilistic."""

    def predict(self, x_ND: Features) -> Labels:
        """(N,): the index of the most probable class."""
        z_NK = self._outputs(x_ND)
        return z_NK.argmax(1) if z_NK.shape[1] > 1 else (z_NK[:, 0] > 0).astype(np.int64)

    def probabilities(self, x_ND: Features) -> NDArray[np.float64]:
        """Softmax of the logits, (N, K); of a single logit, which is the second class's, with 0 for the first."""
        z_NK = self._outputs(x_ND)
        if z_NK.shape[1] == 1:
            z_NK = np.concatenate([np.zeros_like(z_NK), z_NK], 1)
        odds_NK = np.exp(z_NK - z_NK.max(1, keepdims=True))
        probabilities_NK: NDArray[np.float64] = odds_NK / odds_NK.sum(1, keepdims=True)
        return probabilities_NK


def predictor_kind(config: DeepLearning) -> type[NetworkPredictor]:
    """What the loss lets a network predict."""
    return ClassPredictor if config.learns_classes else NetworkPredictor
