"""What a network minimises: the loss of each row and its derivative by the outputs. Pure; knows no network.

Shapes: N rows, K outputs.
"""

from collections.abc import Callable

import numpy as np

from lsml_trainer.algorithms.base import Labels
from lsml_trainer.algorithms.deep.learner import Floats
from lsml_trainer.spec.deep_learning import DeepLearning

Loss = Callable[[Floats, Labels], tuple[Floats, Floats]]
"""(z_NK, y_N) -> the losses (N,) and their derivatives (N, K); z_NK may be used up."""


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

    def loss(z_NK: Floats, y_N: Labels) -> tuple[Floats, Floats]:
        t_NK = targets_KK.take(y_N.astype(np.int64, copy=False), 0)
        z_NK -= z_NK.max(1, keepdims=True)
        d_NK = np.exp(z_NK)
        odds_N1 = d_NK.sum(1, keepdims=True)
        d_NK /= odds_N1
        d_NK -= t_NK
        z_NK *= t_NK
        return np.log(odds_N1[:, 0]) - z_NK.sum(1), d_NK

    return loss


def bce_with_logits(z_N1: Floats, y_N: Labels) -> tuple[Floats, Floats]:
    """log(1 + e^z) - y z, y in {0, 1}; d/dz = sigmoid(z) - y. As torch.nn.BCEWithLogitsLoss."""
    y_N1 = y_N.astype(z_N1.dtype)[:, None]
    losses_N1 = np.logaddexp(z_N1, 0) - y_N1 * z_N1
    return losses_N1[:, 0], 1 / (1 + np.exp(-z_N1)) - y_N1


def mse(z_N1: Floats, y_N: Labels) -> tuple[Floats, Floats]:
    """(z - y)^2; d/dz = 2 (z - y). As torch.nn.MSELoss, in the label's own units."""
    z_N1 -= y_N[:, None]
    return np.square(z_N1[:, 0]), z_N1 * 2


def huber(delta: float) -> Loss:
    """e^2 / 2 where |e| <= delta, else delta (|e| - delta / 2), e = z - y; d/dz = clip(e). As torch.nn.HuberLoss.

    Source: Huber, Robust Estimation of a Location Parameter, 1964.
    """

    def loss(z_N1: Floats, y_N: Labels) -> tuple[Floats, Floats]:
        z_N1 -= y_N[:, None]
        d_N1 = z_N1.clip(-delta, delta)
        return (d_N1 * (z_N1 - d_N1 / 2))[:, 0], d_N1  # clip(e) (e - clip(e) / 2): both branches

    return loss
