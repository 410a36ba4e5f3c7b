"""How the length of a step changes: scikit-learn's schedules, where t = 1, 2, ... counts steps. Pure.

constant eta0; optimal 1 / (alpha (t0 + t - 1)), t0 = alpha^(-3/4), Bottou's; invscaling eta0 / t^powerT; adaptive eta0,
divided by 5 when the objective has not fallen by TOLERANCE in 5 epochs. Source: sklearn.linear_model._sgd_fast.
K outputs, each with a pace of its own, since one class against the rest is a problem of its own.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.spec import Sgd

Array = NDArray[np.float64]

PATIENCE_EPOCHS = 5
TOLERANCE = 1e-3  # of the objective, per row; scikit-learn's defaults for n_iter_no_change and tol
SHRINK = 5.0
SMALLEST = 1e-6


@dataclass(frozen=True)
class Pace:
    """How the objective has fallen, and what adaptive makes of it."""

    rates_K: Array
    """Of adaptive."""
    best_K: Array
    """The lowest mean objective of a whole epoch; infinite before the first."""
    stalled_K: Array
    """Epochs in a row that did not better it."""
    sum_K: Array
    """The objective, summed over the rows of the running epoch so far."""
    rows: int = 0
    """How many these are."""
    loss: float = math.nan
    """The mean objective over the last whole epoch; in the first one, over its rows so far. Outputs are added."""


def first_pace(eta0: float, outputs: int) -> Pace:
    """Before the first step."""
    return Pace(np.full(outputs, eta0), np.full(outputs, np.inf), np.zeros(outputs), np.zeros(outputs))


def rates(config: Sgd, pace: Pace, t: int) -> Array:
    """The length of step t >= 1 for each output; (K,)."""
    chosen = config.learning_rate
    match chosen.schedule:
        case "adaptive":
            return pace.rates_K
        case "optimal":
            rate = 1.0 / (config.alpha * (config.alpha**-0.75 + t - 1))
        case "invscaling":
            rate = chosen.eta0 / t**chosen.power_t
        case "constant":
            rate = chosen.eta0
    return np.full_like(pace.rates_K, rate)


def after_step(pace: Pace, objective_K: Array, rows: int, *, epoch_ends: bool) -> Pace:
    """The pace after a step over that many rows, with the sum of their objectives."""
    sum_K, seen = pace.sum_K + objective_K, pace.rows + rows
    if epoch_ends:
        return _after_epoch(pace, sum_K / seen)
    first = bool(np.isinf(pace.best_K).all())
    return replace(pace, sum_K=sum_K, rows=seen, loss=float(sum_K.sum()) / seen if first else pace.loss)


def _after_epoch(pace: Pace, mean_K: Array) -> Pace:
    stalled_K = np.where(mean_K > pace.best_K - TOLERANCE, pace.stalled_K + 1, 0.0)
    slow_K = (stalled_K >= PATIENCE_EPOCHS) & (pace.rates_K > SMALLEST)
    return Pace(
        rates_K=np.where(slow_K, pace.rates_K / SHRINK, pace.rates_K),
        best_K=np.minimum(pace.best_K, mean_K),
        stalled_K=np.where(slow_K, 0.0, stalled_K),
        sum_K=np.zeros_like(mean_K),
        loss=float(mean_K.sum()),
    )
