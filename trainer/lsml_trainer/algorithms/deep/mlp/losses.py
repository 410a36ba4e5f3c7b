"""What a network minimises: the loss of each row and its derivative by the outputs. Pure; knows no network.

Shapes: N rows, K outputs; there may be axes before them.
"""

from collections.abc import Callable

import numpy as np

from lsml_trainer.algorithms.base import Labels
from lsml_trainer.algorithms.deep.learner import Floats
from lsml_trainer.spec.deep_learning import DeepLearning

Loss = Callable[[Floats, Labels], tuple[Floats, Floats]]
"""(z_KN, y_N) -> the losses (N,) and their derivatives (K, N); z_KN may be used up."""


def loss_of(config: DeepLearning, outputs: int) -> Loss:
    """The loss of a specification."""
    if config.loss == "cross_entropy":
        return cross_entropy(outputs, config.label_smoothing)
    return {"mse": mse, "huber": huber(config.delta), "bce_with_logits": bce_with_logits}[config.loss]


def cross_entropy(classes: int, smoothing: float = 0.0) -> Loss:
    """-sum_k t_k log p_k, p = softmax(z), t = (1 - smoothing) onehot(y) + smoothing / K; d/dz = p - t.

    As torch.nn.CrossEntropyLoss. Label smoothing: Szegedy et al., Rethinking the Inception Architecture, 2016.
    """
    targets_KK = ((1 - smoothing) * np.eye(classes) + smoothing / classes).astype(np.float32)

    def loss(z_KN: Floats, y_N: Labels) -> tuple[Floats, Floats]:
        t_KN = targets_KK.take(y_N.astype(np.int64, copy=False), 0).swapaxes(-1, -2)
        z_KN -= np.maximum.reduce(z_KN, -2, keepdims=True)
        d_KN = np.exp(z_KN)
        odds_1N = np.add.reduce(d_KN, -2, keepdims=True)
        d_KN /= odds_1N
        d_KN -= t_KN
        z_KN *= t_KN
        return np.log(odds_1N)[..., 0, :] - np.add.reduce(z_KN, -2), d_KN

    return loss


def bce_with_logits(z_1N: Floats, y_N: Labels) -> tuple[Floats, Floats]:
    """log(1 + e^z) - y z, y in {0, 1}; d/dz = sigmoid(z) - y. As torch.nn.BCEWithLogitsLoss."""
    y_1N = y_N.astype(z_1N.dtype)[..., None, :]
    losses_1N = np.logaddexp(z_1N, 0) - y_1N * z_1N
    return losses_1N[..., 0, :], 1 / (1 + np.exp(-z_1N)) - y_1N


def mse(z_1N: Floats, y_N: Labels) -> tuple[Floats, Floats]:
    """(z - y)^2; d/dz = 2 (z - y). As torch.nn.MSELoss, in the label's own units."""
    z_1N -= y_N[..., None, :]
    return np.square(z_1N[..., 0, :]), z_1N * 2


def huber(delta: float) -> Loss:
    """e^2 / 2 where |e| <= delta, else delta (|e| - delta / 2), e = z - y; d/dz = clip(e). As torch.nn.HuberLoss.

    Source: Huber, Robust Estimation of a Location Parameter, 1964.
    """

    def loss(z_1N: Floats, y_N: Labels) -> tuple[Floats, Floats]:
        z_1N -= y_N[..., None, :]
        d_1N = z_1N.clip(-delta, delta)
        return (d_1N * (z_1N - d_1N / 2))[..., 0, :], d_1N  # clip(e) (e - clip(e) / 2): both branches

    return loss
