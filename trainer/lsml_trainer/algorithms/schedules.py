"""How the length of a step changes: scikit-learn's schedules, where t = 1, 2, ... counts steps. Pure.

constant eta0; optimal 1 / (alpha (t0 + t - 1)), t0 = alpha^(-3/4), Bottou's; invscaling eta0 / t^powerT; adaptive eta0,
divided by 5 when nothing was gained in some epochs. What is gained is judged after each epoch: by the objective, or by
a score on rows that are kept from the steps. Source: sklearn.linear_model._sgd_fast.
K outputs, each with a pace of its own, since one class against the rest is a problem of its own.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.spec import Sgd

Array = NDArray[np.float64]

TOLERANCE = 1e-3  # of the objective, per row, or of the score; scikit-learn's tol
SHRINK = 5.0
SMALLEST = 1e-6


@dataclass(frozen=True)
class Pace:
    """What was gained so far, and what adaptive and early stopping make of it."""

    rates_K: Array
    """Of adaptive."""
    best_K: Array
    """The lowest mean objective of a whole epoch, or the highest score with its sign changed; infinite before the
    first.
    """
    stalled_K: Array
    """Epochs in a row that did not better it."""
    sum_K: Array
    """The objective, summed over the rows of the running epoch so far."""
    stopped_K: Array
    """1 for an output that has stopped, else 0."""
    rows: int = 0
    """How many these are."""
    loss: float = math.nan
    """The mean objective over the last whole epoch; in the first one, over its rows so far. Outputs are added."""
    score: float = math.nan
    """Of the last epoch, the mean over the outputs; NaN where no rows judge."""


def first_pace(eta0: float, outputs: int) -> Pace:
    """Before the first step."""
    zeros_K = np.zeros(outputs)
    return Pace(np.full(outputs, eta0), np.full(outputs, np.inf), zeros_K, zeros_K, zeros_K)


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


def after_step(pace: Pace, objective_K: Array, rows: int) -> Pace:
    """The pace after a step over that many rows, with the sum of their objectives."""
    return with_sum(pace, pace.sum_K + objective_K, rows)


def with_sum(pace: Pace, sum_K: Array, rows: int) -> Pace:
    """The pace after steps over that many rows, with the sum of the epoch's objectives so far."""
    seen = pace.rows + rows
    first = bool(np.isinf(pace.best_K).all())
    return replace(pace, sum_K=sum_K, rows=seen, loss=float(sum_K.sum()) / seen if first else pace.loss)


def after_epoch(config: Sgd, pace: Pace, score_K: Array | None) -> Pace:
    """The pace after an epoch's last step, and the score of each output where rows are kept to judge."""
    mean_K = pace.sum_K / pace.rows
    judged_K = mean_K if score_K is None else -score_K
    tolerance = TOLERANCE if config.tolerance is None else config.tolerance
    stalled_K = np.where(judged_K > pace.best_K - tolerance, pace.stalled_K + 1, 0.0)
    tired_K = stalled_K >= config.n_iter_no_change
    slower_K = tired_K & (pace.rates_K > SMALLEST) & (config.learning_rate.schedule == "adaptive")
    stops = config.early_stopping or config.tolerance is not None
    return Pace(
        rates_K=np.where(slower_K, pace.rates_K / SHRINK, pace.rates_K),
        best_K=np.minimum(pace.best_K, judged_K),
        stalled_K=np.where(slower_K, 0.0, stalled_K),
        sum_K=np.zeros_like(mean_K),
        stopped_K=np.maximum(pace.stopped_K, tired_K & ~slower_K & stops),
        loss=float(mean_K.sum()),
        score=math.nan if score_K is None else float(score_K.mean()),
    )
