"""What is minimised: losses and their derivatives with respect to the score z = x'w + b. Pure; knows no data, no team.

Labels y: a number for a regression loss; -1 or +1 for a loss of two classes; the index of the class for `log_loss` of
several. Shapes: N rows, K classes; the losses of one score take arrays of any shape and work entry by entry.
Sources: Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 2nd ed. 2009, table 10.2 and sections 10.6,
12.3.6; the definitions and factors are those of scikit-learn's SGDClassifier and SGDRegressor.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.floating[Any]]
"""float32 or float64; what comes out has the precision of what went in."""

EPSILON = 0.1
"""The width of huber and the epsilon-insensitive losses, in units of the label, if nothing else is said."""


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
    second: Callable[[Array, Array], Array] | None = None
    """(z, y) -> d^2 loss / dz^2 of each row, one-sided where it jumps; None with kinks."""


def mse_value(z: Array, y: Array) -> Array:
    """(z - y)^2 / 2: half the squared error, whose gradient is the residual."""
    return 0.5 * (z - y) ** 2


def mse_gradient(z: Array, y: Array) -> Array:
    """z - y."""
    return z - y


def mse_second(z: Array, y: Array) -> Array:
    """1."""
    return np.ones_like(z)


def huber_value(z: Array, y: Array, epsilon: float) -> Array:
    """r^2 / 2 where |r| <= epsilon, else epsilon * |r| - epsilon^2 / 2; r = z - y (Huber, 1964)."""
    distance = np.abs(z - y)
    return np.where(distance <= epsilon, 0.5 * distance**2, epsilon * distance - 0.5 * epsilon**2)


def huber_gradient(z: Array, y: Array, epsilon: float) -> Array:
    """r, held between -epsilon and epsilon."""
    return np.clip(z - y, -epsilon, epsilon)


def huber_second(z: Array, y: Array, epsilon: float) -> Array:
    """1 where |r| <= epsilon, else 0."""
    return (np.abs(z - y) <= epsilon).astype(z.dtype)


def epsilon_insensitive_value(z: Array, y: Array, epsilon: float) -> Array:
    """max(0, |z - y| - epsilon) (Vapnik, 1995)."""
    return np.maximum(0.0, np.abs(z - y) - epsilon)


def epsilon_insensitive_gradient(z: Array, y: Array, epsilon: float) -> Array:
    """The sign of z - y outside of the tube, 0 inside."""
    residual = z - y
    return np.where(np.abs(residual) > epsilon, np.sign(residual), np.zeros((), z.dtype))


def squared_epsilon_insensitive_value(z: Array, y: Array, epsilon: float) -> Array:
    """max(0, |z - y| - epsilon)^2."""
    return epsilon_insensitive_value(z, y, epsilon) ** 2


def squared_epsilon_insensitive_gradient(z: Array, y: Array, epsilon: float) -> Array:
    """2 (|r| - epsilon) with the sign of r = z - y outside of the tube, 0 inside."""
    residual = z - y
    return 2.0 * (residual - np.clip(residual, -epsilon, epsilon))


def squared_epsilon_insensitive_second(z: Array, y: Array, epsilon: float) -> Array:
    """2 outside of the tube, 0 inside."""
    return 2.0 * (np.abs(z - y) > epsilon).astype(z.dtype)


def log_loss_value(z: Array, y: Array) -> Array:
    """log(1 + exp(-y z)), without overflow: log(1 + exp(-|y z|)) - min(0, y z)."""
    margin = y * z
    return np.log1p(np.exp(-np.abs(margin))) - np.minimum(margin, 0.0)


def log_loss_gradient(z: Array, y: Array) -> Array:
    """-y / (1 + exp(y z)), by way of exp(-|y z|), which cannot overflow."""
    margin = y * z
    small = np.exp(-np.abs(margin))
    share: Array = np.where(margin >= 0, small, np.ones((), z.dtype)) / (1.0 + small)
    return -y * share


def log_loss_second(z: Array, y: Array) -> Array:
    """p (1 - p), p = 1 / (1 + exp(-z)), by way of exp(-|z|)."""
    small = np.exp(-np.abs(z))
    return small / (1.0 + small) ** 2


def hinge_value(z: Array, y: Array) -> Array:
    """max(0, 1 - y z)."""
    return np.maximum(0.0, 1.0 - y * z)


def hinge_gradient(z: Array, y: Array) -> Array:
    """-y where y z <= 1, else 0."""
    return np.where(y * z <= 1.0, -y, np.zeros((), z.dtype))


def squared_hinge_value(z: Array, y: Array) -> Array:
    """max(0, 1 - y z)^2."""
    return hinge_value(z, y) ** 2


def squared_hinge_gradient(z: Array, y: Array) -> Array:
    """-2 y max(0, 1 - y z)."""
    return -2.0 * y * hinge_value(z, y)


def squared_hinge_second(z: Array, y: Array) -> Array:
    """2 where y z < 1, else 0."""
    return 2.0 * (y * z < 1.0).astype(z.dtype)


def multinomial_value(z_NK: Array, y_N: NDArray[np.int64]) -> Array:
    """log sum_k exp(z_k) - z_y: the cross-entropy of the softmax; (N,)."""
    top_N1 = z_NK.max(axis=1, keepdims=True)
    log_sum_N: Array = top_N1[:, 0] + np.log(np.exp(z_NK - top_N1).sum(axis=1))
    return log_sum_N - z_NK[np.arange(len(y_N)), y_N]


def softmax(z_NK: Array) -> Array:
    """exp(z_k) / sum_l exp(z_l); (N, K). The second derivatives of the cross-entropy are diag(p) - pp'."""
    p_NK: Array = np.exp(z_NK - z_NK.max(axis=1, keepdims=True))
    p_NK /= p_NK.sum(axis=1, keepdims=True)
    return p_NK


def multinomial_gradient(z_NK: Array, y_N: NDArray[np.int64]) -> Array:
    """softmax(z) - onehot(y); (N, K)."""
    gradient_NK = softmax(z_NK)
    gradient_NK[np.arange(len(y_N)), y_N] -= 1.0
    return gradient_NK


MULTINOMIAL_CURVATURE = 0.5
"""No eigenvalue of diag(p) - pp' is larger (Boehning, 1992)."""


def huber(epsilon: float) -> Loss:
    """huber that turns from a parabola to a line at `epsilon`, in units of the label."""
    return _of_width(epsilon, 1.0, huber_value, huber_gradient, huber_second)


def epsilon_insensitive(epsilon: float) -> Loss:
    """The loss that does not see errors up to `epsilon`, in units of the label."""
    return _of_width(epsilon, None, epsilon_insensitive_value, epsilon_insensitive_gradient, None)


def squared_epsilon_insensitive(epsilon: float) -> Loss:
    """The square of epsilon_insensitive."""
    value, gradient = squared_epsilon_insensitive_value, squared_epsilon_insensitive_gradient
    return _of_width(epsilon, 2.0, value, gradient, squared_epsilon_insensitive_second)


Widened: TypeAlias = Callable[[Array, Array, float], Array]


def _of_width(
    epsilon: float, curvature: float | None, value: Widened, gradient: Widened, second: Widened | None
) -> Loss:
    def at_epsilon(function: Widened) -> Callable[[Array, Array], Array]:
        return lambda z, y: function(z, y, epsilon)

    bent = at_epsilon(second) if second else None
    return Loss(at_epsilon(value), at_epsilon(gradient), curvature, learns_classes=False, second=bent)


LOSSES: dict[str, Loss] = {
    "mse": Loss(mse_value, mse_gradient, 1.0, learns_classes=False, second=mse_second),
    "huber": huber(EPSILON),
    "epsilon_insensitive": epsilon_insensitive(EPSILON),
    "squared_epsilon_insensitive": squared_epsilon_insensitive(EPSILON),
    "log_loss": Loss(log_loss_value, log_loss_gradient, 0.25, learns_classes=True, second=log_loss_second),
    "hinge": Loss(hinge_value, hinge_gradient, None, learns_classes=True),
    "squared_hinge": Loss(
        squared_hinge_value, squared_hinge_gradient, 2.0, learns_classes=True, second=squared_hinge_second
    ),
}


def loss_named(name: str, epsilon: float) -> Loss:
    """The loss of that name; `epsilon` is the width of those that have one, ignored by the others."""
    widened = {
        "huber": huber,
        "epsilon_insensitive": epsilon_insensitive,
        "squared_epsilon_insensitive": squared_epsilon_insensitive,
    }
    return widened[name](epsilon) if name in widened else LOSSES[name]
