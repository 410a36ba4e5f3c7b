"""How good a model is: r2, rmse and mae for numbers; for classes `class_scores.py`. Pure; scikit-learn's definitions.

The rows are read a chunk at a time: what is kept of a chunk are sums.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from typing import NamedTuple

import numpy as np

from lsml_trainer.algorithms.base import Labels, Predictor, Rows
from lsml_trainer.class_scores import both, class_scores, class_sums
from lsml_trainer.data import Problem
from lsml_trainer.data.sparse_shard import readable
from lsml_trainer.spec import Evaluation, Metric


class Sums(NamedTuple):
    """What the scores need of some rows."""

    rows: int
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
    chunks, classes = rows_to_measure(problem, predictor), len(problem.classes or ())
    found = measured(predictor, chunks, classes, held_out=problem.held_out)
    return found.model_copy(update={"skipped_rows": problem.skipped}) if problem.skipped else found


def measured(predictor: Predictor, chunks: Iterable[Rows], classes: int, *, held_out: bool) -> Evaluation:
    """On these rows, one chunk at least; `classes` is 0 for numbers."""
    if classes:
        counts = reduce(both, (class_sums(predictor, rows.x_ND, rows.y_N, classes) for rows in chunks))
        return Evaluation(metrics=metrics_of(class_scores(counts)), rows=counts.rows, held_out=held_out)
    sums = reduce(together, (sums_of(predictor.predict(rows.x_ND), rows.y_N) for rows in chunks))
    return Evaluation(metrics=metrics_of(scores_of(sums)), rows=sums.rows, held_out=held_out)


def rows_to_measure(problem: Problem, predictor: Predictor) -> Iterator[Rows]:
    """The held-out rows; without them the training rows."""
    for shard in readable((problem.test,) if problem.held_out else problem.shards, predictor):
        yield from shard.chunks()


def metrics_of(scores: Mapping[str, float]) -> tuple[Metric, ...]:
    """The finite ones, as the wire has them."""
    return tuple(Metric(name=name, value=value) for name, value in scores.items() if np.isfinite(value))


def sums_of(predicted_N: Labels, y_N: Labels) -> Sums:
    """Of these rows; N = 0 is allowed."""
    if not len(y_N):
        return Sums(0, 0.0, 0.0, 0.0, 0.0)
    error_N = (predicted_N - y_N).astype(np.float64, copy=False)
    with np.errstate(over="ignore"):  # what is not finite is left out of the metrics
        mean = float(y_N.mean())
        away_N = y_N - mean
        return Sums(
            rows=len(y_N),
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
        mean=one.mean + apart * share,
        spread=one.spread + other.spread + apart * apart * one.rows * share,
        squares=one.squares + other.squares,
        absolutes=one.absolutes + other.absolutes,
    )


def scores_of(sums: Sums) -> dict[str, float]:
    """r2: one minus the squared error over that of predicting the mean; rmse and mae in units of the label; N > 0.

    r2 of a constant label is 1 where every row is right, else 0, as scikit-learn's.
    """
    r2 = 1.0 - sums.squares / sums.spread if sums.spread > 0 else float(sums.squares == 0)
    return {"r2": r2, "rmse": float(np.sqrt(sums.squares / sums.rows)), "mae": sums.absolutes / sums.rows}


def regression_scores(predicted_N: Labels, y_N: Labels) -> dict[str, float]:
    """As `scores_of`."""
    return scores_of(sums_of(predicted_N, y_N))
