"""What follows a hidden layer, and its derivative by the kernels that autograd itself calls. Pure; knows no network."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional


class Activation(NamedTuple):
    """a = forward(z); backward(d, z, a) = d * da/dz."""

    forward: Callable[[Tensor], Tensor]
    backward: Callable[[Tensor, Tensor, Tensor], Tensor]


_aten = torch.ops.aten

ACTIVATIONS = {
    "relu": Activation(torch.relu, lambda d, z, a: _aten.threshold_backward(d, a, 0.0)),
    "gelu": Activation(functional.gelu, lambda d, z, a: _aten.gelu_backward(d, z)),
    "silu": Activation(functional.silu, lambda d, z, a: _aten.silu_backward(d, z)),
    "tanh": Activation(torch.tanh, lambda d, z, a: _aten.tanh_backward(d, a)),
    "sigmoid": Activation(torch.sigmoid, lambda d, z, a: _aten.sigmoid_backward(d, a)),
}
