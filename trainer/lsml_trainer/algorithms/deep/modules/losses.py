"""The losses of rows, by PyTorch's own functions.

Shapes: N rows, K outputs.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from lsml_trainer.spec.deep_learning import DeepLearning

Loss = Callable[[Tensor, Tensor], Tensor]
"""(z_NK, y_N) -> the losses, (N,)."""


def loss_of(config: DeepLearning) -> tuple[Loss, torch.dtype]:
    """The loss of a specification, and the type of the labels that it takes."""
    match config.loss:
        case "cross_entropy":
            smoothing = config.label_smoothing
            return (
                lambda z_NK, y_N: functional.cross_entropy(z_NK, y_N, reduction="none", label_smoothing=smoothing)
            ), torch.int64
        case "bce_with_logits":
            return (
                lambda z_N1, y_N: functional.binary_cross_entropy_with_logits(z_N1[:, 0], y_N, reduction="none")
            ), torch.float32
        case "huber":
            delta = config.delta
            return (
                lambda z_N1, y_N: functional.huber_loss(z_N1[:, 0], y_N, reduction="none", delta=delta)
            ), torch.float32
    return (lambda z_N1, y_N: functional.mse_loss(z_N1[:, 0], y_N, reduction="none")), torch.float32
