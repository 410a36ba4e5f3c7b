"""How good a model is: accuracy for classes; r2, rmse and mae for numbers. Pure; scikit-learn's definitions."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Predictor
from lsml_trainer.data import Problem
from lsml_trainer.spec import Evaluation, Metric

Labels = NDArray[np.float64] | NDArray[np.int64]


def evaluate(predictor: Predictor, problem: Problem) -> Evaluation:
    """On the held-out rows; without them on the training rows, which the result says."""
    if problem.held_out:
        predicted_N, y_N = predictor.predict(problem.test_x_ND), problem.test_y_N
    else:
        predicted_N = np.concatenate([predictor.predict(shard.x_ND) for shard in problem.shards])
        y_N = np.concatenate([shard.y_N for shard in problem.shards])
    scores = accuracy(predicted_N, y_N) if problem.classes else regression_scores(predicted_N, y_N)
    return Evaluation(metrics=metrics_of(scores), rows=len(y_N), held_out=problem.held_out)


def metrics_of(scores: Mapping[str, float]) -> tuple[Metric, ...]:
    """The finite ones, as the wire has them."""
    return tuple(Metric(name=name, value=value) for name, value in scores.items() if np.isfinite(value))


def accuracy(predicted_N: Labels, y_N: Labels) -> dict[str, float]:
    """The share of rows whose class is right; N > 0."""
    return {"accuracy": float((predicted_N == y_N).mean())}


def regression_scores(predicted_N: Labels, y_N: Labels) -> dict[str, float]:
    """r2: one minus the squared error over that of predicting the mean; rmse and mae in units of the label; N > 0.

    r2 of a constant label is 1 where every row is right, else 0, as scikit-learn's.
    """
    error_N = predicted_N - y_N
    squares = float(error_N @ error_N)
    spread = float(((y_N - y_N.mean()) ** 2).sum())
    r2 = 1.0 - squares / spread if spread > 0 else float(squares == 0)
    return {"r2": r2, "rmse": float(np.sqrt(squares / len(y_N))), "mae": float(np.abs(error_N).mean())}
