"""What the linear models share: scores, labels as the losses want them, weights and predictions. No learning here.

Shapes: N rows, D features, E = D + 1 weights of an output (the intercept is the last), K outputs: 1 for a number and
for two classes (a positive score means the second class), else one for each class.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Features, Labels, Rows, Shape
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.losses import MULTINOMIAL_CURVATURE, Loss, multinomial_gradient, multinomial_value

Array = NDArray[np.float64]


class Objective(Protocol):
    """How the scores of a row are compared with its label."""

    @property
    def outputs(self) -> int:
        """K."""
        ...

    @property
    def curvature(self) -> float | None:
        """The largest second derivative with respect to the scores; None where there are kinks."""
        ...

    def value(self, z_NK: Array, y_N: Labels) -> Array:
        """The loss of each output, summed over the rows; (K,), or (1,) where the outputs have one loss together."""
        ...

    def gradient(self, z_NK: Array, y_N: Labels) -> Array:
        """Of each row's loss, with respect to its scores; (N, K)."""
        ...


@dataclass(frozen=True)
class Separate:
    """Each output has a loss of its own: a number, two classes, or one class against the rest."""

    loss: Loss
    outputs: int

    @property
    def curvature(self) -> float | None:
        """As Objective."""
        return self.loss.curvature

    def value(self, z_NK: Array, y_N: Labels) -> Array:
        """As Objective; (K,)."""
        total_K: Array = self.loss.value(z_NK, self._targets(y_N)).sum(axis=0)
        return total_K

    def gradient(self, z_NK: Array, y_N: Labels) -> Array:
        """As Objective."""
        return self.loss.gradient(z_NK, self._targets(y_N))

    def _targets(self, y_N: Labels) -> Array:
        """(N, K): the numbers, or +1 for the output's own class and -1 for the rest."""
        if not self.loss.learns_classes:
            return y_N[:, None].astype(np.float64, copy=False)
        own_K = np.arange(self.outputs) if self.outputs > 1 else np.array([1])
        return np.where(y_N[:, None] == own_K, 1.0, -1.0)


@dataclass(frozen=True)
class Multinomial:
    """The outputs share one loss, the cross-entropy of their softmax."""

    outputs: int
    curvature: float | None = MULTINOMIAL_CURVATURE

    def value(self, z_NK: Array, y_N: Labels) -> Array:
        """As Objective; (1,)."""
        return np.array([multinomial_value(z_NK, y_N.astype(np.int64, copy=False)).sum()])

    def gradient(self, z_NK: Array, y_N: Labels) -> Array:
        """As Objective."""
        return multinomial_gradient(z_NK, y_N.astype(np.int64, copy=False))


def outputs_of(shape: Shape) -> int:
    """K: one for a number or two classes, else one for each class."""
    return shape.classes if shape.classes > 2 else 1


def scores(weights_KE: Array, x_ND: Features) -> Array:
    """x'w + b of every row and output; (N, K)."""
    z_NK: Array = x_ND @ weights_KE[:, :-1].T
    z_NK += weights_KE[:, -1]
    return z_NK


def row_sums(weights_KE: Array, rows: Rows, objective: Objective) -> Arrays:
    """Loss, as Objective.value, and gradient (K, E), summed over the rows; N = 0 allowed; O(N D K)."""
    x_ND = rows.x_ND.astype(np.float64, copy=False)
    z_NK = scores(weights_KE, x_ND)
    slopes_NK = objective.gradient(z_NK, rows.y_N)
    gradient_KE = np.empty_like(weights_KE)
    np.matmul(slopes_NK.T, x_ND, out=gradient_KE[:, :-1])
    slopes_NK.sum(axis=0, out=gradient_KE[:, -1])
    return {"loss": objective.value(z_NK, rows.y_N), "gradient": gradient_KE}


def penalised(weights_KE: Array) -> Array:
    """The weights with the intercept, which no penalty touches, as 0."""
    without_KE = weights_KE.copy()
    without_KE[:, -1] = 0.0
    return without_KE


def named_weights(weights_KE: Array) -> Arrays:
    """What LinearPredictor needs: coef (K, D) and intercept (K,)."""
    return {"coef": weights_KE[:, :-1].copy(), "intercept": weights_KE[:, -1].copy()}


@dataclass(frozen=True)
class LinearPredictor:
    """Predicts from coef (K, D) and intercept (K,)."""

    coef_KD: Array
    intercept_K: Array
    learns_classes: bool

    def decision_function(self, x_ND: Features) -> Array:
        """x'w + b; (N,) where K = 1, else (N, K)."""
        z_NK: Array = x_ND @ self.coef_KD.T + self.intercept_K
        return z_NK[:, 0] if z_NK.shape[1] == 1 else z_NK

    def predict(self, x_ND: Features) -> Labels:
        """The number, or the index of the class with the highest score; (N,)."""
        z = self.decision_function(x_ND)
        if not self.learns_classes:
            return z
        return (z > 0).astype(np.int64) if z.ndim == 1 else z.argmax(axis=1)


@dataclass(frozen=True)
class LogisticPredictor(LinearPredictor):
    """A linear model that was trained on a logistic loss, so that its scores are log-odds."""

    multinomial: bool = False
    """Whether the outputs were trained together; else each one against the rest."""

    def probabilities(self, x_ND: Array) -> Array:
        """Softmax of the scores, or each one's logistic function, made to sum to 1 as scikit-learn does; (N, K)."""
        z = self.decision_function(x_ND)
        if z.ndim == 1:
            return np.column_stack([logistic(-z), logistic(z)])
        odds_NK: Array = np.exp(z - z.max(axis=1, keepdims=True)) if self.multinomial else logistic(z)
        odds_NK[odds_NK.sum(axis=1) == 0] = 1.0  # every class is against all odds
        odds_NK /= odds_NK.sum(axis=1, keepdims=True)
        return odds_NK


def logistic(z: Array) -> Array:
    """1 / (1 + exp(-z)) without overflow."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)
