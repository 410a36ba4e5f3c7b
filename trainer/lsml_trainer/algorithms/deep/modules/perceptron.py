"""A fully connected network as a torch.nn.Module, with the names and first weights of the one by hand.

Shapes: N rows, H units of a layer.
"""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from lsml_trainer.algorithms.deep.mlp.network import Network
from lsml_trainer.spec.deep_learning import Mlp

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": functional.relu,
    "gelu": functional.gelu,
    "silu": functional.silu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}


class Perceptron(nn.Module):
    """linear, normalised, activated, dropped out; and so on; linear."""

    def __init__(self, mlp: Mlp, features: int, outputs: int) -> None:
        super().__init__()
        widths = (features, *mlp.hidden, outputs)
        self.layers = nn.ModuleList(nn.Linear(*sizes) for sizes in pairwise(widths))
        self.norms = nn.ModuleList(NORMALIZATIONS[mlp.normalization](width) for width in mlp.hidden)
        self.activation, self.dropout = ACTIVATIONS[mlp.activation], mlp.dropout

    def forward(self, x_NI: Tensor) -> Tensor:
        """(N, features) -> (N, outputs)."""
        for layer, norm in zip(self.layers, self.norms, strict=False):  # the last layer has none
            x_NI = self.activation(norm(layer(x_NI)))
            if self.dropout:
                x_NI = functional.dropout(x_NI, self.dropout, self.training)
        outputs: Tensor = self.layers[-1](x_NI)
        return outputs


class ShardNorm(nn.BatchNorm1d):
    """Batch normalisation over the rows that one shard gives to a step (ghost batches), whoever holds the shard.

    A single row has no variance: it is normalised with the running statistics. Source: Ioffe and Szegedy, 2015;
    ghost batches: Hoffer, Hubara and Soudry, Train longer, generalize better, 2017.
    """

    def forward(self, x_NH: Tensor) -> Tensor:
        """(N, H) -> (N, H)."""
        if self.training and len(x_NH) == 1:
            return functional.batch_norm(x_NH, self.running_mean, self.running_var, self.weight, self.bias)
        return super().forward(x_NH)


NORMALIZATIONS: dict[str, Callable[[int], nn.Module]] = {
    "none": lambda width: nn.Identity(),
    "batch": ShardNorm,
    "layer": nn.LayerNorm,
}


def perceptron(mlp: Mlp, features: int, outputs: int, seed: int) -> Perceptron:
    """The module with its first weights, a function of the seed."""
    module, by_hand = Perceptron(mlp, features, outputs), Network.of(mlp, features, outputs)
    with torch.no_grad():
        for name, array in by_hand.named(by_hand.first_weights(seed)).items():
            module.get_parameter(name).copy_(torch.from_numpy(array))
    return module
