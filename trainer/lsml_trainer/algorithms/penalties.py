"""Norms that hold the weights small: L2 by decay, L1 by truncation. Pure.

    alpha * ((1 - r) / 2 * w'w + r * |w|_1)      r = 0 for l2, 1 for l1, l1Ratio for elasticnet

L1 keeps a ledger: `due` is what a weight could have been charged since the start, `paid` what it was charged, so that a
weight that is pulled to and fro across 0 is not charged twice. Source: Tsuruoka, Tsujii, Ananiadou, Stochastic gradient
descent training for L1-regularized log-linear models with cumulative penalty, 2009; as scikit-learn's.
Shapes: K outputs, D features, E = D + 1 with the intercept, which is never penalised, as the last.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.spec import Sgd

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Ledger:
    """What L1 has charged so far."""

    due_K: Array
    paid_KD: Array
    """Signed: positive where a negative weight was pulled up."""


@dataclass(frozen=True)
class Penalty:
    """alpha and r of the formula above."""

    alpha: float
    l1_ratio: float

    def value(self, weights_KE: Array) -> Array:
        """Of each output; (K,)."""
        if self.alpha == 0.0:
            return np.zeros(len(weights_KE))
        coef_KD = weights_KE[:, :-1]
        squares_K = (coef_KD * coef_KD).sum(axis=1)
        total_K: Array = 0.5 * (1.0 - self.l1_ratio) * squares_K + self.l1_ratio * np.abs(coef_KD).sum(axis=1)
        return self.alpha * total_K

    def decayed(self, weights_KE: Array, rates_K: Array) -> Array:
        """A copy of the weights after a step of L2; none has changed its sign, however long the step."""
        decayed_KE = weights_KE.copy()
        decayed_KE[:, :-1] *= np.maximum(0.0, 1.0 - (1.0 - self.l1_ratio) * self.alpha * rates_K)[:, None]
        return decayed_KE

    def truncated(self, weights_KE: Array, ledger: Ledger, rates_K: Array) -> tuple[Array, Ledger]:
        """The weights after a step of L1, none of which has crossed 0, and the ledger."""
        if self.alpha * self.l1_ratio == 0.0:
            return weights_KE, ledger
        due_K = ledger.due_K + self.l1_ratio * self.alpha * rates_K
        due_K1, coef_KD = due_K[:, None], weights_KE[:, :-1]
        down_KD = np.maximum(0.0, coef_KD - (due_K1 + ledger.paid_KD))
        up_KD = np.minimum(0.0, coef_KD + (due_K1 - ledger.paid_KD))
        truncated_KE = weights_KE.copy()
        truncated_KE[:, :-1] = np.where(coef_KD > 0, down_KD, np.where(coef_KD < 0, up_KD, coef_KD))
        return truncated_KE, Ledger(due_K, ledger.paid_KD + (truncated_KE[:, :-1] - coef_KD))


def penalty_of(config: Sgd) -> Penalty:
    """The penalty that a specification asks for."""
    l1_ratio = {"none": 0.0, "l2": 0.0, "l1": 1.0, "elasticnet": config.l1_ratio}[config.penalty]
    return Penalty(0.0 if config.penalty == "none" else config.alpha, l1_ratio)
