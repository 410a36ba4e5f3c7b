"""What follows a hidden layer, and its derivative. Pure; knows no network.

Shapes: H units, N rows; there may be axes before them.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from lsml_trainer.algorithms.deep.learner import Floats


class Activation(NamedTuple):
    """a = forward(z), a new array; backward(d, z, a) = d * da/dz, written into d."""

    forward: Callable[[Floats], Floats]
    backward: Callable[[Floats, Floats, Floats], Floats]


def _relu_backward(d_HN: Floats, z_HN: Floats, a_HN: Floats) -> Floats:
    return np.multiply(d_HN, a_HN > 0, out=d_HN)


def _tanh_backward(d_HN: Floats, z_HN: Floats, a_HN: Floats) -> Floats:
    return np.multiply(d_HN, 1 - a_HN * a_HN, out=d_HN)


def _sigmoid(z_HN: Floats) -> Floats:
    """1 / (1 + e^-z); e^-z may overflow to infinity, which gives the right 0."""
    return 1 / (1 + np.exp(-z_HN))


def _sigmoid_backward(d_HN: Floats, z_HN: Floats, a_HN: Floats) -> Floats:
    return np.multiply(d_HN, a_HN * (1 - a_HN), out=d_HN)


def _silu(z_HN: Floats) -> Floats:
    """z sigmoid(z)."""
    return z_HN * _sigmoid(z_HN)


def _silu_backward(d_HN: Floats, z_HN: Floats, a_HN: Floats) -> Floats:
    share_HN = _sigmoid(z_HN)
    return np.multiply(d_HN, share_HN * (1 + z_HN * (1 - share_HN)), out=d_HN)


def _normal_share(z_HN: Floats) -> Floats:
    """The share of a standard normal variable below z."""
    from scipy.special import erf  # noqa: PLC0415  (a quarter of a worker's start, which only gelu needs)

    share_HN: Floats = 0.5 + 0.5 * erf(z_HN * 0.5**0.5)
    return share_HN


def _gelu(z_HN: Floats) -> Floats:
    """z times the share of a standard normal variable below z (Hendrycks and Gimpel, 2016), not its approximation."""
    return z_HN * _normal_share(z_HN)


def _gelu_backward(d_HN: Floats, z_HN: Floats, a_HN: Floats) -> Floats:
    density_HN: Floats = np.exp(z_HN * z_HN / -2) / (2 * np.pi) ** 0.5
    slope_HN: Floats = _normal_share(z_HN) + z_HN * density_HN
    return np.multiply(d_HN, slope_HN, out=d_HN)


ACTIVATIONS = {
    "relu": Activation(lambda z_HN: np.maximum(z_HN, 0), _relu_backward),
    "gelu": Activation(_gelu, _gelu_backward),
    "silu": Activation(_silu, _silu_backward),
    "tanh": Activation(np.tanh, _tanh_backward),
    "sigmoid": Activation(_sigmoid, _sigmoid_backward),
}
