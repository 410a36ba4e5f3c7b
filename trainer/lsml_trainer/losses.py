"""What is minimised: losses and their derivatives with respect to the score z = x'w + b. Pure; knows no data, no team.

Labels y: a number for a regression loss; -1 or +1 for a loss of two classes; the index of the class for `log_loss` of
several. Shapes: N rows, K classes; the losses of one score take arrays of any shape and work entry by entry.
Sources: Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 2nd ed. 2009, table 10.2 and sections 10.6,
12.3.6; the definitions and factors are those of scikit-learn's SGDClassifier and SGDRegressor.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

EPSILON = 0.1
"""The width of huber and epsilon_insensitive, in units of the label, if nothing else is said; scikit-learn's."""


@dataclass(frozen=True)
class Loss:
    """A loss of one score and one label."""

    value: Callable[[Array, Array], Array]
    """(z, y) -> the loss of each row."""
    gradient: Callable[[Array, Array], Array]
    """(z, y) -> d loss / dz of each row; at a kink one of the subgradients, as in scikit-learn."""
    curvature: float | None
    """The largest second derivative: how much the gradient can change per unit of z; None with kinks."""
    learns_classes: bool


def mse_value(z: Array, y: Array) -> Array:
    """(z - y)^2 / 2: half the squared error, whose gradient is the residual."""
    return 0.5 * (z - y) ** 2


def mse_gradient(z: Array, y: Array) -> Array:
    """z - y."""
    return z - y


def huber_value(z: Array, y: Array, epsilon: float) -> Array:
    """r^2 / 2 where |r| <= epsilon, else epsilon * |r| - epsilon^2 / 2; r = z - y (Huber, 1964)."""
    distance = np.abs(z - y)
    return np.where(distance <= epsilon, 0.5 * distance**2, epsilon * distance - 0.5 * epsilon**2)


def huber_gradient(z: Array, y: Array, epsilon: float) -> Array:
    """r, held between -epsilon and epsilon."""
    return np.clip(z - y, -epsilon, epsilon)


def epsilon_insensitive_value(z: Array, y: Array, epsilon: float) -> Array:
    """max(0, |z - y| - epsilon) (Vapnik, 1995)."""
    return np.maximum(0.0, np.abs(z - y) - epsilon)


def epsilon_insensitive_gradient(z: Array, y: Array, epsilon: float) -> Array:
    """The sign of z - y outside of the tube, 0 inside."""
    residual = z - y
    return np.where(np.abs(residual) > epsilon, np.sign(residual), 0.0)


def log_loss_value(z: Array, y: Array) -> Array:
    """log(1 + exp(-y z)), without overflow: logaddexp(0, -y z)."""
    return np.logaddexp(0.0, -y * z)


def log_loss_gradient(z: Array, y: Array) -> Array:
    """-y / (1 + exp(y z)), by way of exp(-|y z|), which cannot overflow."""
    margin = y * z
    small = np.exp(-np.abs(margin))
    share: Array = np.where(margin >= 0, small, 1.0) / (1.0 + small)
    return -y * share


def hinge_value(z: Array, y: Array) -> Array:
    """max(0, 1 - y z)."""
    return np.maximum(0.0, 1.0 - y * z)


def hinge_gradient(z: Array, y: Array) -> Array:
    """-y where y z <= 1, else 0."""
    return np.where(y * z <= 1.0, -y, 0.0)


def squared_hinge_value(z: Array, y: Array) -> Array:
    """max(0, 1 - y z)^2."""
    return hinge_value(z, y) ** 2


def squared_hinge_gradient(z: Array, y: Array) -> Array:
    """-2 y max(0, 1 - y z)."""
    return -2.0 * y * hinge_value(z, y)


def multinomial_value(z_NK: Array, y_N: NDArray[np.int64]) -> Array:
    """log sum_k exp(z_k) - z_y: the cross-entropy of the softmax; (N,)."""
    top_N1 = z_NK.max(axis=1, keepdims=True)
    log_sum_N: Array = top_N1[:, 0] + np.log(np.exp(z_NK - top_N1).sum(axis=1))
    return log_sum_N - z_NK[np.arange(len(y_N)), y_N]


def multinomial_gradient(z_NK: Array, y_N: NDArray[np.int64]) -> Array:
    """softmax(z) - onehot(y); (N, K)."""
    gradient_NK: Array = np.exp(z_NK - z_NK.max(axis=1, keepdims=True))
    gradient_NK /= gradient_NK.sum(axis=1, keepdims=True)
    gradient_NK[np.arange(len(y_N)), y_N] -= 1.0
    return gradient_NK


MULTINOMIAL_CURVATURE = 0.5
"""No eigenvalue of diag(p) - pp' is larger (Boehning, 1992)."""


def huber(epsilon: float) -> Loss:
    """huber that turns from a parabola to a line at `epsilon`, in units of the label."""
    value, gradient = partial(huber_value, epsilon=epsilon), partial(huber_gradient, epsilon=epsilon)
    return Loss(value, gradient, 1.0, learns_classes=False)


def epsilon_insensitive(epsilon: float) -> Loss:
    """The loss that does not see errors up to `epsilon`, in units of the label."""
    value = partial(epsilon_insensitive_value, epsilon=epsilon)
    return Loss(value, partial(epsilon_insensitive_gradient, epsilon=epsilon), None, learns_classes=False)


LOSSES: dict[str, Loss] = {
    "mse": Loss(mse_value, mse_gradient, 1.0, learns_classes=False),
    "huber": huber(EPSILON),
    "epsilon_insensitive": epsilon_insensitive(EPSILON),
    "log_loss": Loss(log_loss_value, log_loss_gradient, 0.25, learns_classes=True),
    "hinge": Loss(hinge_value, hinge_gradient, None, learns_classes=True),
    "squared_hinge": Loss(squared_hinge_value, squared_hinge_gradient, 2.0, learns_classes=True),
}


def loss_named(name: str, epsilon: float) -> Loss:
    """The loss of that name; `epsilon` is the width of huber and epsilon_insensitive, ignored by the others."""
    widened = {"huber": huber, "epsilon_insensitive": epsilon_insensitive}
    return widened[name](epsilon) if name in widened else LOSSES[name]
