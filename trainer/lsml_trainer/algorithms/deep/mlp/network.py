"""A fully connected network over one flat vector of weights: outputs, and the gradient by hand.

Knows nothing of shards, optimizers or teams. Inside, a column is a row of the data: what is done for each row (a bias,
a maximum, a sum over classes) then runs along the memory, which is a third of a small network's step.
Shapes: N rows, D features, I inputs and O outputs of a layer, H of them hidden, K outputs of the network, P weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple, Self

import numpy as np

from lsml_trainer.algorithms.base import Labels
from lsml_trainer.algorithms.batches import Purpose, random
from lsml_trainer.algorithms.deep.learner import Floats
from lsml_trainer.algorithms.deep.mlp.activations import ACTIVATIONS, Activation
from lsml_trainer.algorithms.deep.mlp.losses import Loss
from lsml_trainer.spec.deep_learning import Mlp


class Layer(NamedTuple):
    """What one hidden layer leaves for the backward pass."""

    z_HN: Floats
    a_HN: Floats
    """Before dropout."""
    out_HN: Floats
    """After dropout: what the next layer reads."""


@dataclass(frozen=True)
class Network:
    """The network's shape and mathematics; its weights are an argument."""

    widths: tuple[int, ...]
    """Features, hidden layers, outputs."""
    activation: Activation
    dropout: float = 0.0
    """Share of hidden units left out in each training step."""

    @classmethod
    def of(cls, mlp: Mlp, features: int, outputs: int) -> Self:
        """The network of a specification."""
        return cls((features, *mlp.hidden, outputs), ACTIVATIONS[mlp.activation], mlp.dropout)

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Of the parameters, in the order of the flat vector; the names are those of torch.nn.Linear."""
        return {
            name: shape
            for layer, (inputs, outputs) in enumerate(pairwise(self.widths))
            for name, shape in ((f"layers.{layer}.weight", (outputs, inputs)), (f"layers.{layer}.bias", (outputs,)))
        }

    @cached_property
    def _places(self) -> list[tuple[slice, slice, tuple[int, int]]]:
        """Of each layer's weight and bias in the flat vector, and the weight's shape."""
        places, start = [], 0
        for inputs, outputs in pairwise(self.widths):
            middle, stop = start + inputs * outputs, start + (inputs + 1) * outputs
            places.append((slice(start, middle), slice(middle, stop), (outputs, inputs)))
            start = stop
        return places

    def layers(self, weights_P: Floats) -> list[tuple[Floats, Floats]]:
        """W_OI and b_O of every layer, views of the flat vector; with its other axes before them."""
        before = weights_P.shape[:-1]
        return [
            (weights_P[..., weight].reshape(*before, *shape), weights_P[..., bias])
            for weight, bias, shape in self._places
        ]

    def named(self, weights_P: Floats) -> dict[str, Floats]:
        """The parameters by name, views of the flat vector."""
        tensors = [tensor for layer in self.layers(weights_P) for tensor in layer]
        return dict(zip(self.shapes, tensors, strict=True))

    def first_weights(self, seed: int) -> Floats:
        """Uniform in +-1/sqrt(I), weights and biases, as torch.nn.Linear starts; (P,)."""
        parts = []
        for layer, (inputs, outputs) in enumerate(pairwise(self.widths)):
            stream = random(seed, Purpose.FIRST_WEIGHTS, layer, 0)
            parts.append(stream.uniform(-(inputs**-0.5), inputs**-0.5, (inputs + 1) * outputs))
        return np.concatenate(parts).astype(np.float32)

    def masks(self, stream: np.random.Generator, rows: int) -> list[Floats]:
        """What each hidden layer's outputs are multiplied by, (N, H): 0 with the probability of dropout.

        Else 1 / (1 - dropout), which keeps the mean.
        """
        draws = (stream.random((rows, units), dtype=np.float32) for units in self.widths[1:-1])
        return [(draw_NH >= self.dropout).astype(np.float32) / (1 - self.dropout) for draw_NH in draws]

    def outputs(self, weights_P: Floats, x_ND: Floats) -> Floats:
        """The network's outputs, (N, K), without dropout."""
        *hidden, (W_KI, b_K) = self.layers(weights_P)
        a_IN = x_ND.T
        for W_OI, b_O in hidden:
            a_IN = self.activation.forward(_linear(W_OI, b_O, a_IN))
        return _linear(W_KI, b_K, a_IN).T

    def gradient(
        self,
        weights_P: Floats,
        x_ND: Floats,
        y_N: Labels,
        loss: Loss,
        share_N: Floats | float,
        masks_NH: Sequence[Floats] = (),
    ) -> tuple[Floats, Floats]:
        """The sum of the rows' losses, each times its share, (), and the gradient of that, (P,).

        `masks_NH` holds, for each hidden layer, what its outputs are multiplied by (dropout); none: no dropout.
        All that are of rows may have one more axis before, for pieces, as the results then have. A piece has the bits
        that it has alone: its products are products of its own.
        """
        layers = self.layers(weights_P)
        passed = self._forward(layers, _turned(x_ND), masks_NH)
        losses_N, d_ON = loss(_linear(*layers[-1], passed[-1].out_HN if passed else _turned(x_ND)), y_N)
        losses_N *= share_N
        d_ON *= share_N if isinstance(share_N, float) else share_N[..., None, :]
        gradient_P = np.empty((*x_ND.shape[:-2], len(weights_P)), weights_P.dtype)
        backwards = self.layers(gradient_P)
        for layer in range(len(layers) - 1, -1, -1):
            inputs_NI = _turned(passed[layer - 1].out_HN) if layer else x_ND
            np.matmul(d_ON, inputs_NI, out=backwards[layer][0])
            np.add.reduce(d_ON, -1, out=backwards[layer][1])
            if layer:
                d_ON = np.matmul(layers[layer][0].T, d_ON)
                if masks_NH:
                    d_ON *= _turned(masks_NH[layer - 1])
                d_ON = self.activation.backward(d_ON, *passed[layer - 1][:2])
        return np.add.reduce(losses_N, -1), gradient_P

    def _forward(
        self, layers: Sequence[tuple[Floats, Floats]], x_DN: Floats, masks_NH: Sequence[Floats]
    ) -> list[Layer]:
        passed: list[Layer] = []
        out_IN = x_DN
        for layer, (W_HI, b_H) in enumerate(layers[:-1]):
            z_HN = _linear(W_HI, b_H, out_IN)
            a_HN = self.activation.forward(z_HN)
            out_IN = a_HN * _turned(masks_NH[layer]) if masks_NH else a_HN
            passed.append(Layer(z_HN, a_HN, out_IN))
        return passed


def _linear(W_OI: Floats, b_O: Floats, x_IN: Floats) -> Floats:
    z_ON: Floats = np.matmul(W_OI, x_IN)
    z_ON += b_O[:, None]
    return z_ON


def _turned(matrix: Floats) -> Floats:
    """Rows as columns; a view."""
    return matrix.swapaxes(-1, -2)
