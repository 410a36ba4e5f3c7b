"""What a report shows of a model beside its metrics: confusion, ROC curves, residuals. Pure; bounded in size.

Shapes: N rows, K classes, L = K + 1 labels as in `class_scores.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Predictor, Rows
from lsml_trainer.class_scores import ClassSums, both, class_sums, roc_auc

MOST_SHOWN = 2000
"""Points of a picture."""
MOST_CURVES = 10


@dataclass(frozen=True)
class Curve:
    """A receiver operating characteristic."""

    label: str
    points: tuple[tuple[float, float], ...]
    """Of false and true positive rate, both ascending from 0 to 1."""
    area: float


@dataclass(frozen=True)
class ClassDetails:
    """Of a classifier."""

    labels: tuple[str, ...]
    confusion_LK: NDArray[np.int64]
    curves: tuple[Curve, ...]


@dataclass(frozen=True)
class NumberDetails:
    """Of a regression: at most MOST_SHOWN rows, evenly chosen."""

    wanted_N: NDArray[np.float64]
    predicted_N: NDArray[np.float64]


def class_details(predictor: Predictor, chunks: Iterable[Rows], classes: tuple[str, ...]) -> ClassDetails:
    """From these rows, one chunk at least."""
    sums = reduce(both, (class_sums(predictor, rows.x_ND, rows.y_N, len(classes)) for rows in chunks))
    return ClassDetails(classes, sums.confusion_LK, tuple(_curves(sums, classes)))


def number_details(predictor: Predictor, chunks: Iterable[Rows]) -> NumberDetails:
    """From these rows."""
    parts = [(rows.y_N.astype(np.float64), predictor.predict(rows.x_ND).astype(np.float64)) for rows in chunks]
    wanted_N, predicted_N = (np.concatenate(column) for column in zip(*parts, strict=True))
    chosen = _evenly(len(wanted_N))
    return NumberDetails(wanted_N[chosen], predicted_N[chosen])


def _curves(sums: ClassSums, classes: tuple[str, ...]) -> Iterable[Curve]:
    if sums.scores is None or len(classes) > MOST_CURVES:
        return
    label_N, columns = np.concatenate(sums.labels), np.concatenate(sums.scores).T
    places = [1] if len(columns) == 1 else range(len(classes))
    for k, score_N in zip(places, columns, strict=True):
        positive_N = label_N == k
        if 0 < positive_N.sum() < len(positive_N):
            yield Curve(classes[k], roc_points(score_N, positive_N), roc_auc(score_N, positive_N))


def roc_points(score_N: NDArray[np.float64], positive_N: NDArray[np.bool_]) -> tuple[tuple[float, float], ...]:
    """False and true positive rate at each distinct score, from the highest down; both kinds of row are there."""
    order = np.argsort(-score_N, kind="stable")
    score_N, positive_N = score_N[order], positive_N[order]
    last = np.append(np.flatnonzero(np.diff(score_N)), len(score_N) - 1)  # equal scores go together
    true_N, false_N = np.cumsum(positive_N)[last], np.cumsum(~positive_N)[last]
    rates = np.column_stack([false_N / false_N[-1], true_N / true_N[-1]])[_evenly(len(last))]
    return ((0.0, 0.0), *((float(a), float(b)) for a, b in rates))


def _evenly(rows: int) -> NDArray[np.int64]:
    """At most MOST_SHOWN places, first and last among them."""
    return np.unique(np.linspace(0, rows - 1, min(rows, MOST_SHOWN)).round().astype(np.int64))
