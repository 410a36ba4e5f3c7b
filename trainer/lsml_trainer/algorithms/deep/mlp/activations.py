"""What follows a hidden layer, and its derivative. Pure; knows no network.

Shapes: N rows, H units.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from lsml_trainer.algorithms.deep.learner import Floats


class Activation(NamedTuple):
    """a = forward(z), a new array; backward(d, z, a) = d * da/dz, written into d."""

    forward: Callable[[Floats], Floats]
    backward: Callable[[Floats, Floats, Floats], Floats]


def _relu_backward(d_NH: Floats, z_NH: Floats, a_NH: Floats) -> Floats:
    return np.multiply(d_NH, a_NH > 0, out=d_NH)


def _tanh_backward(d_NH: Floats, z_NH: Floats, a_NH: Floats) -> Floats:
    return np.multiply(d_NH, 1 - a_NH * a_NH, out=d_NH)


def _sigmoid(z_NH: Floats) -> Floats:
    """1 / (1 + e^-z); e^-z may overflow to infinity, which gives the right 0."""
    return 1 / (1 + np.exp(-z_NH))


def _sigmoid_backward(d_NH: Floats, z_NH: Floats, a_NH: Floats) -> Floats:
    return np.multiply(d_NH, a_NH * (1 - a_NH), out=d_NH)


def _silu(z_NH: Floats) -> Floats:
    """z sigmoid(z)."""
    return z_NH * _sigmoid(z_NH)


def _silu_backward(d_NH: Floats, z_NH: Floats, a_NH: Floats) -> Floats:
    share_NH = _sigmoid(z_NH)
    return np.multiply(d_NH, share_NH * (1 + z_NH * (1 - share_NH)), out=d_NH)


def _normal_share(z_NH: Floats) -> Floats:
    """The share of a standard normal variable below z."""
    from scipy.special import erf  # noqa: PLC0415  (a quarter of a worker's start, which only gelu needs)

    share_NH: Floats = 0.5 + 0.5 * erf(z_NH * 0.5**0.5)
    return share_NH


def _gelu(z_NH: Floats) -> Floats:
    """z times the share of a standard normal variable below z (Hendrycks and Gimpel, 2016), not its approximation."""
    return z_NH * _normal_share(z_NH)


def _gelu_backward(d_NH: Floats, z_NH: Floats, a_NH: Floats) -> Floats:
    density_NH: Floats = np.exp(z_NH * z_NH / -2) / (2 * np.pi) ** 0.5
    slope_NH: Floats = _normal_share(z_NH) + z_NH * density_NH
    return np.multiply(d_NH, slope_NH, out=d_NH)


ACTIVATIONS = {
    "relu": Activation(lambda z_NH: np.maximum(z_NH, 0), _relu_backward),
    "gelu": Activation(_gelu, _gelu_backward),
    "silu": Activation(_silu, _silu_backward),
    "tanh": Activation(np.tanh, _tanh_backward),
    "sigmoid": Activation(_sigmoid, _sigmoid_backward),
}
