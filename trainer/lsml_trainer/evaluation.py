"""How good a model is: accuracy for classes; r2, rmse and mae for numbers. Pure; scikit-learn's definitions.

The rows are read a chunk at a time: what is kept of a chunk are sums.
"""

from collections.abc import Iterator, Mapping
from functools import reduce
from typing import NamedTuple

import numpy as np

from lsml_trainer.algorithms.base import Labels, MemoryShard, Predictor, Rows
from lsml_trainer.data import Problem
from lsml_trainer.spec import Evaluation, Metric


class Sums(NamedTuple):
    """What the scores need of some rows."""

    rows: int
    right: int
    """Rows whose prediction is exactly the label."""
    mean: float
    """Of the label."""
    spread: float
    """Squared distances of the labels from their mean, summed."""
    squares: float
    """Squared errors, summed."""
    absolutes: float
    """Errors without sign, summed."""


def evaluate(predictor: Predictor, problem: Problem) -> Evaluation:
    """On the held-out rows; without them on the training rows, which the result says."""
    sums = reduce(together, (sums_of(predictor.predict(rows.x_ND), rows.y_N) for rows in _rows(problem)))
    scores = share_right(sums) if problem.classes else scores_of(sums)
    return Evaluation(metrics=metrics_of(scores), rows=sums.rows, held_out=problem.held_out)


def _rows(problem: Problem) -> Iterator[Rows]:
    held_out = MemoryShard(0, problem.test_x_ND, problem.test_y_N)
    for shard in (held_out,) if problem.held_out else problem.shards:
        yield from shard.chunks()


def metrics_of(scores: Mapping[str, float]) -> tuple[Metric, ...]:
    """The finite ones, as the wire has them."""
    return tuple(Metric(name=name, value=value) for name, value in scores.items() if np.isfinite(value))


def sums_of(predicted_N: Labels, y_N: Labels) -> Sums:
    """Of these rows; N = 0 is allowed."""
    if not len(y_N):
        return Sums(0, 0, 0.0, 0.0, 0.0, 0.0)
    error_N = (predicted_N - y_N).astype(np.float64, copy=False)
    mean = float(y_N.mean())
    away_N = y_N - mean
    return Sums(
        rows=len(y_N),
        right=int((predicted_N == y_N).sum()),
        mean=mean,
        spread=float(away_N @ away_N),
        squares=float(error_N @ error_N),
        absolutes=float(np.abs(error_N).sum()),
    )


def together(one: Sums, other: Sums) -> Sums:
    """Of both; the spread as Chan, Golub and LeVeque, Updating formulae and a pairwise algorithm, 1979."""
    rows = one.rows + other.rows
    share = other.rows / rows if rows else 0.0
    apart = other.mean - one.mean
    return Sums(
        rows=rows,
        right=one.right + other.right,
        mean=one.mean + apart * share,
        spread=one.spread + other.spread + apart * apart * one.rows * share,
        squares=one.squares + other.squares,
        absolutes=one.absolutes + other.absolutes,
    )


def share_right(sums: Sums) -> dict[str, float]:
    """The share of rows whose class is right; N > 0."""
    return {"accuracy": sums.right / sums.rows}


def scores_of(sums: Sums) -> dict[str, float]:
    """r2: one minus the squared error over that of predicting the mean; rmse and mae in units of the label; N > 0.

    r2 of a constant label is 1 where every row is right, else 0, as scikit-learn's.
    """
    r2 = 1.0 - sums.squares / sums.spread if sums.spread > 0 else float(sums.squares == 0)
    return {"r2": r2, "rmse": float(np.sqrt(sums.squares / sums.rows)), "mae": sums.absolutes / sums.rows}


def accuracy(predicted_N: Labels, y_N: Labels) -> dict[str, float]:
    """As `share_right`."""
    return share_right(sums_of(predicted_N, y_N))


def regression_scores(predicted_N: Labels, y_N: Labels) -> dict[str, float]:
    """As `scores_of`."""
    return scores_of(sums_of(predicted_N, y_N))
