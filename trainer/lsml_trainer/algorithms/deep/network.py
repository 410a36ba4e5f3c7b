"""A fully connected network over one flat vector of weights: outputs, and the gradient by hand.

For small networks autograd's bookkeeping is most of a step, so the backward pass is written out; its pieces are the
very kernels that autograd calls. Knows nothing of shards, optimizers or teams.
Shapes: N rows, D features, I inputs and O outputs of a layer, H of them hidden, K outputs of the network, P weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple, Self

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lsml_trainer.algorithms.batches import Purpose, random
from lsml_trainer.algorithms.deep.activations import ACTIVATIONS, Activation
from lsml_trainer.algorithms.deep.losses import LOSSES, Loss
from lsml_trainer.spec.deep_learning import DeepLearning


def choose_device() -> torch.device:
    """The accelerator, if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Layer(NamedTuple):
    """What one hidden layer leaves for the backward pass."""

    z_NH: Tensor
    a_NH: Tensor
    """Before dropout."""
    out_NH: Tensor
    """After dropout: what the next layer reads."""


@dataclass(frozen=True)
class Network:
    """The network's shape and mathematics; its weights are an argument."""

    widths: tuple[int, ...]
    """Features, hidden layers, outputs."""
    activation: Activation
    loss: Loss
    dropout: float = 0.0
    """Share of hidden units left out in each training step."""

    @classmethod
    def of(cls, config: DeepLearning, features: int, outputs: int) -> Self:
        """The network of a specification."""
        mlp = config.network.mlp
        assert mlp is not None, "a network is an mlp"
        return cls((features, *mlp.hidden, outputs), ACTIVATIONS[mlp.activation], LOSSES[config.loss], mlp.dropout)

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Entries of the flat vector by parameter, in order; the names are those of torch.nn.Linear."""
        return {
            name: size
            for layer, (inputs, outputs) in enumerate(pairwise(self.widths))
            for name, size in ((f"layers.{layer}.weight", inputs * outputs), (f"layers.{layer}.bias", outputs))
        }

    @cached_property
    def _split(self) -> list[int]:
        return list(self.sizes.values())

    def layers(self, weights_P: Tensor) -> list[tuple[Tensor, Tensor]]:
        """W_OI and b_O of every layer, views of the flat vector."""
        parts = weights_P.split_with_sizes(self._split)
        return [
            (parts[2 * layer].view(outputs, inputs), parts[2 * layer + 1])
            for layer, (inputs, outputs) in enumerate(pairwise(self.widths))
        ]

    def first_weights(self, seed: int) -> Tensor:
        """Uniform in +-1/sqrt(I), weights and biases, as torch.nn.Linear starts; (P,) on the CPU."""
        parts = []
        for layer, (inputs, outputs) in enumerate(pairwise(self.widths)):
            stream = random(seed, Purpose.FIRST_WEIGHTS, layer, 0)
            parts.append(stream.uniform(-(inputs**-0.5), inputs**-0.5, (inputs + 1) * outputs))
        return torch.from_numpy(np.concatenate(parts)).float()

    def masks(self, seed: int, step: int, shard: int, rows: int) -> list[Tensor]:
        """What each hidden layer's outputs are multiplied by, (N, H) on the CPU; nothing where there is no dropout.

        0 with the probability of dropout, else 1 / (1 - dropout), which keeps the mean.
        """
        if not self.dropout:
            return []
        stream = random(seed, Purpose.DROPOUT, step, shard)
        draws = [stream.random((rows, units), dtype=np.float32) for units in self.widths[1:-1]]
        return [torch.from_numpy(draw_NH >= self.dropout).float().div_(1 - self.dropout) for draw_NH in draws]

    def outputs(self, weights_P: Tensor, x_ND: Tensor) -> Tensor:
        """The network's outputs, (N, K), without dropout."""
        *hidden, (W_KI, b_K) = self.layers(weights_P)
        a_NI = x_ND
        for W_OI, b_O in hidden:
            a_NI = self.activation.forward(functional.linear(a_NI, W_OI, b_O))
        return functional.linear(a_NI, W_KI, b_K)

    def gradient(
        self, weights_P: Tensor, x_ND: Tensor, y_N: Tensor, rows: int, masks_NH: Sequence[Tensor] = ()
    ) -> tuple[Tensor, Tensor]:
        """These rows' share of the loss of a step of `rows` rows, (), and its gradient, (P,).

        `masks_NH` holds, for each hidden layer, what its outputs are multiplied by (dropout); none: no dropout.
        """
        layers = self.layers(weights_P)
        passed = self._forward(layers, x_ND, masks_NH)
        z_NK = functional.linear(passed[-1].out_NH if passed else x_ND, *layers[-1])
        loss, d_NO = self.loss(z_NK, y_N, rows)
        backwards: list[Tensor] = []
        for layer in range(len(layers) - 1, -1, -1):
            inputs_NI = passed[layer - 1].out_NH if layer else x_ND
            backwards += (d_NO.sum(0), (d_NO.t() @ inputs_NI).view(-1))
            if layer:
                d_NO = d_NO @ layers[layer][0]
                if masks_NH:
                    d_NO.mul_(masks_NH[layer - 1])
                d_NO = self.activation.backward(d_NO, *passed[layer - 1][:2])
        return loss, torch.cat(backwards[::-1])

    def _forward(
        self, layers: Sequence[tuple[Tensor, Tensor]], x_ND: Tensor, masks_NH: Sequence[Tensor]
    ) -> list[Layer]:
        passed: list[Layer] = []
        out_NI = x_ND
        for layer, (W_HI, b_H) in enumerate(layers[:-1]):
            z_NH = functional.linear(out_NI, W_HI, b_H)
            a_NH = self.activation.forward(z_NH)
            out_NI = a_NH * masks_NH[layer] if masks_NH else a_NH
            passed.append(Layer(z_NH, a_NH, out_NI))
        return passed
