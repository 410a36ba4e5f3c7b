"""What a network minimises: the loss of the outputs and its derivative. Pure; knows no network.

Both are shares of the mean over the `rows` of a whole step, so that the shares of all shards add up to the mean.
Shapes: N rows of one shard in one step, K outputs.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

Loss = Callable[[Tensor, Tensor, int], tuple[Tensor, Tensor]]
"""(z_NK, y_N, rows) -> the loss, (), and its derivative by z_NK; z_NK may be used up."""


def cross_entropy(z_NK: Tensor, y_N: Tensor, rows: int) -> tuple[Tensor, Tensor]:
    """-sum_i log p_i[y_i] / rows with p = softmax(z); d/dz = (p - onehot(y)) / rows. As torch.nn.CrossEntropyLoss."""
    log_p_NK = z_NK.log_softmax(1)
    loss = functional.nll_loss(log_p_NK, y_N, reduction="sum") / rows
    y_N1 = y_N.unsqueeze(1)
    d_NK = log_p_NK.exp_().scatter_add_(1, y_N1, torch.full_like(y_N1, -1, dtype=z_NK.dtype))
    return loss, d_NK.div_(rows)


def mse(z_N1: Tensor, y_N: Tensor, rows: int) -> tuple[Tensor, Tensor]:
    """sum_i (z_i - y_i)^2 / rows; d/dz = 2 (z - y) / rows. As torch.nn.MSELoss, in the label's own units."""
    error_N1 = z_N1.sub_(y_N.unsqueeze(1))
    return error_N1.square().sum() / rows, error_N1.mul_(2 / rows)


LOSSES: dict[str, Loss] = {"cross_entropy": cross_entropy, "mse": mse}
