"""What the linear models share: scores, labels as the losses want them, weights and predictions. No learning here.

Shapes: N rows, D features, E = D + 1 weights of an output (the intercept is the last), K outputs: 1 for a number and
for two classes (a positive score means the second class), else one for each class.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Features, Labels, Rows, Shape
from lsml_trainer.algorithms.weighting import total_weight
from lsml_trainer.elastic.team import Arrays, summed
from lsml_trainer.losses import MULTINOMIAL_CURVATURE, Loss, multinomial_gradient, multinomial_value, softmax

Array = NDArray[np.float64]

BLOCK_BYTES = 1 << 20
"""Of the features of a block: they are in the cache when the gradient needs them again."""


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

    def value(self, z_NK: Features, y_N: Labels) -> Features:
        """The loss of each row and output; (N, K), or (N, 1) where the outputs have one loss together."""
        ...

    def gradient(self, z_NK: Features, y_N: Labels) -> Features:
        """Of each row's loss, with respect to its scores; (N, K)."""
        ...

    def second(self, z_NK: Features, y_N: Labels) -> Features:
        """Second derivatives with respect to the scores; (N, B, M, M) for B independent groups of M scores, K = B M."""
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

    def value(self, z_NK: Features, y_N: Labels) -> Features:
        """As Objective; (N, K)."""
        return self.loss.value(z_NK, self.targets(z_NK, y_N))

    def gradient(self, z_NK: Features, y_N: Labels) -> Features:
        """As Objective."""
        return self.loss.gradient(z_NK, self.targets(z_NK, y_N))

    def second(self, z_NK: Features, y_N: Labels) -> Features:
        """As Objective; (N, K, 1, 1)."""
        assert self.loss.second is not None, "the specification allows smooth losses only"
        return self.loss.second(z_NK, self.targets(z_NK, y_N))[:, :, None, None]

    def targets(self, z_NK: Features, y_N: Labels) -> Features:
        """(N, K): the numbers, or +1 for the output's own class and -1 for the rest; in the scores' precision."""
        if not self.loss.learns_classes:
            return y_N[:, None].astype(z_NK.dtype, copy=False)
        own_K = np.arange(self.outputs) if self.outputs > 1 else np.array([1])
        one = np.ones((), z_NK.dtype)
        return np.where(y_N[:, None] == own_K, one, -one)


@dataclass(frozen=True)
class Multinomial:
    """The outputs share one loss, the cross-entropy of their softmax."""

    outputs: int
    curvature: float | None = MULTINOMIAL_CURVATURE

    def value(self, z_NK: Features, y_N: Labels) -> Features:
        """As Objective; (N, 1)."""
        return multinomial_value(z_NK, y_N.astype(np.int64, copy=False))[:, None]

    def gradient(self, z_NK: Features, y_N: Labels) -> Features:
        """As Objective."""
        return multinomial_gradient(z_NK, y_N.astype(np.int64, copy=False))

    def second(self, z_NK: Features, y_N: Labels) -> Features:
        """As Objective; (N, 1, K, K)."""
        p_NK = softmax(z_NK)
        second_NKK = -p_NK[:, :, None] * p_NK[:, None, :]
        diagonal = np.arange(self.outputs)
        second_NKK[:, diagonal, diagonal] += p_NK
        return second_NKK[:, None]


def outputs_of(shape: Shape) -> int:
    """K: one for a number or two classes, else one for each class."""
    return shape.classes if shape.classes > 2 else 1


def scores(weights_KE: Array, x_ND: Features) -> Features:
    """x'w + b of every row and output, in the precision of the rows; (N, K)."""
    near_KE = weights_KE.astype(x_ND.dtype, copy=False)
    z_NK: Features = x_ND @ near_KE[:, :-1].T
    z_NK += near_KE[:, -1]
    return z_NK


def row_sums(weights_KE: Array, rows: Rows, objective: Objective) -> Arrays:
    """Loss, (K,) or (1,), gradient (K, E) and weight, (1,), summed over the rows; N = 0 allowed; O(N D K).

    Products are taken in the precision of the rows, block by block, so that a block is read from memory once and its
    sums are added in float64.
    """
    return summed(_block_sums(weights_KE, block, objective) for block in blocks(rows))


def _block_sums(weights_KE: Array, rows: Rows, objective: Objective) -> Arrays:
    z_NK = scores(weights_KE, rows.x_ND)
    value_NK, slopes_NK = objective.value(z_NK, rows.y_N), objective.gradient(z_NK, rows.y_N)
    if rows.weight_N is not None:
        weight_N1 = rows.weight_N[:, None].astype(z_NK.dtype)
        value_NK, slopes_NK = value_NK * weight_N1, slopes_NK * weight_N1
    gradient_KE = np.empty_like(weights_KE)
    gradient_KE[:, :-1] = slopes_NK.T @ rows.x_ND
    slopes_NK.sum(axis=0, dtype=np.float64, out=gradient_KE[:, -1])
    loss_K: Array = value_NK.sum(axis=0, dtype=np.float64)
    return {"loss": loss_K, "gradient": gradient_KE, "weight": total_weight(rows)}


def blocks(rows: Rows) -> Iterator[Rows]:
    """The rows in views that fit a core's cache; one that is empty where there are none. CSR rows are one block."""
    if not isinstance(rows.x_ND, np.ndarray):
        yield rows
        return
    step = max(1, BLOCK_BYTES // (max(1, rows.x_ND.shape[1]) * rows.x_ND.itemsize))
    for begin in range(0, max(1, len(rows.y_N)), step):
        yield rows.at(slice(begin, begin + step))


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

    reads_sparse: ClassVar[bool] = True
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
