"""Where stochastic gradient descent is, and how it is kept.

Shapes: D features, E = D + 1 with the intercept, K outputs, as in `linear.py`.
"""

from dataclasses import dataclass

import numpy as np

from lsml_trainer.algorithms.linear import Array
from lsml_trainer.algorithms.penalties import Ledger
from lsml_trainer.algorithms.schedules import Pace
from lsml_trainer.elastic.team import Arrays


@dataclass(frozen=True)
class State:
    """Where the descent is; the same on every worker. Its arrays are never written to."""

    step: int
    shard_rows: tuple[int, ...]
    """Rows of every shard of the job."""
    weights_KE: Array
    average_KE: Array
    """Of the weights after each step so far; 0 where none is asked for."""
    ledger: Ledger
    pace: Pace
    class_weight_K: Array
    """Empty where all count the same."""
    mean_weight: float
    """Of the training rows."""
    held_weight: float = 0.0
    """Of the rows that judge the weights after each epoch."""
    held_spread: float = 0.0
    """Squared distances of their labels from their mean, where these are numbers."""


def dumped(state: State) -> Arrays:
    """The state as arrays."""
    pace = state.pace
    return {
        "numbers": np.array([state.step, pace.rows, pace.loss, pace.score]),
        "of_rows": np.array([state.mean_weight, state.held_weight, state.held_spread]),
        "shard_rows": np.array(state.shard_rows, dtype=np.float64),
        "class_weight": state.class_weight_K,
        "weights": state.weights_KE,
        "average": state.average_KE,
        "l1_due": state.ledger.due_K,
        "l1_paid": state.ledger.paid_KD,
        "pace": np.stack([pace.rates_K, pace.best_K, pace.stalled_K, pace.sum_K, pace.stopped_K]),
    }


def loaded(arrays: Arrays) -> State:
    """The state that `dumped` gave."""
    step, rows, loss, score = (float(number) for number in arrays["numbers"])
    mean, held_weight, held_spread = (float(number) for number in arrays["of_rows"])
    rates_K, best_K, stalled_K, sum_K, stopped_K = arrays["pace"]
    return State(
        int(step),
        tuple(int(rows) for rows in arrays["shard_rows"]),
        arrays["weights"],
        arrays["average"],
        Ledger(arrays["l1_due"], arrays["l1_paid"]),
        Pace(rates_K, best_K, stalled_K, sum_K, stopped_K, int(rows), loss, score),
        arrays["class_weight"],
        mean,
        held_weight,
        held_spread,
    )
