"""How good predicted classes are: accuracy, f1_macro, log_loss and roc_auc. Pure; scikit-learn's definitions.

Rows come in chunks, and what is kept of a chunk are counts and sums. Only the area under the ROC curve needs the
scores themselves: it is left out where there are more than MOST_SCORES of them (128 MiB).
Shapes: N rows, K classes, L = K + 1 labels, the last for a class that no training row had.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Features, Labels, Predictor, Probabilistic

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

MOST_SCORES = 1 << 24
LEAST = np.finfo(np.float64).eps  # a probability of 0 would cost an infinite loss; scikit-learn's bound


@dataclass(frozen=True)
class ClassSums:
    """What the scores need of some rows."""

    confusion_LK: Counts
    """Rows by their label and by what was predicted."""
    loss: float | None
    """The log loss, summed; None without probabilities."""
    scores: tuple[Array, ...] | None
    """(N, K) each, or (N, 1) where the score is that of the second of two classes; None without any, or of too many."""
    labels: tuple[Labels, ...] = ()

    @property
    def rows(self) -> int:
        """N."""
        return int(self.confusion_LK.sum())


def class_sums(predictor: Predictor, x_ND: Features, y_N: Labels, classes: int) -> ClassSums:
    """Of these rows; y_N holds indices of classes, or -1."""
    label_N, predicted_N = y_N.astype(np.int64) % (classes + 1), predictor.predict(x_ND).astype(np.int64)
    cells = np.bincount(label_N * classes + predicted_N, minlength=(classes + 1) * classes)
    sums = ClassSums(cells.reshape(classes + 1, classes), None, None)
    if isinstance(predictor, Probabilistic):
        p_NK = predictor.probabilities(x_ND)
        of_label_N = np.column_stack([p_NK, np.full(len(p_NK), np.nan)])[np.arange(len(p_NK)), label_N]
        loss = -float(np.log(np.clip(of_label_N, LEAST, 1.0)).sum())
        return replace(sums, loss=loss, scores=(p_NK[:, 1:] if classes == 2 else p_NK,), labels=(label_N,))
    if classes == 2:
        return replace(sums, scores=(predictor.decision_function(x_ND)[:, None],), labels=(label_N,))
    return sums


def both(one: ClassSums, other: ClassSums) -> ClassSums:
    """Of the rows of both."""
    known = one.loss is not None and other.loss is not None
    scores = None if one.scores is None or other.scores is None else (*one.scores, *other.scores)
    if scores is not None and sum(part.size for part in scores) > MOST_SCORES:
        scores = None
    return ClassSums(
        one.confusion_LK + other.confusion_LK,
        (one.loss or 0.0) + (other.loss or 0.0) if known else None,
        scores,
        () if scores is None else (*one.labels, *other.labels),
    )


def class_scores(sums: ClassSums) -> dict[str, float]:
    """What can be said of these rows; NaN where a class has no row and a score needs it. N > 0."""
    right = float(np.trace(sums.confusion_LK[:-1]))
    scores = {"accuracy": right / sums.rows, "f1_macro": f1_macro(sums.confusion_LK)}
    if sums.loss is not None:
        scores["log_loss"] = sums.loss / sums.rows
    if sums.scores is not None:
        label_N = np.concatenate(sums.labels)
        columns = np.concatenate(sums.scores).T
        positive = [1] if len(columns) == 1 else range(len(columns))
        areas = [roc_auc(score_N, label_N == k) for k, score_N in zip(positive, columns, strict=True)]
        scores["roc_auc"] = float(np.mean(areas))
    return scores


def f1_macro(confusion_LK: Counts) -> float:
    """The mean over the classes that rows have, or were predicted to have, of 2 TP / (2 TP + FP + FN)."""
    classes = confusion_LK.shape[1]
    right_K = np.diag(confusion_LK[:classes])
    seen_L = confusion_LK.sum(axis=1)
    seen_L[:classes] += confusion_LK.sum(axis=0)
    twice_L = np.append(2.0 * right_K, 0.0)
    return float(np.mean(twice_L[seen_L > 0] / seen_L[seen_L > 0]))


def roc_auc(score_N: Array, positive_N: NDArray[np.bool_]) -> float:
    """The share of pairs of a positive and another row that the score puts in order, ties by half; NaN without pairs.

    By ranks: Mann and Whitney, On a test of whether one of two random variables is stochastically larger, 1947.
    """
    positives = int(positive_N.sum())
    others = len(positive_N) - positives
    if not positives or not others:
        return float("nan")
    _, place_N, counts = np.unique(score_N, return_inverse=True, return_counts=True)
    rank_N = (np.cumsum(counts) - (counts - 1) / 2)[place_N]
    return float((rank_N[positive_N].sum() - positives * (positives + 1) / 2) / (positives * others))
