"""Predictions of a support vector machine, as libsvm and scikit-learn's SVC make them.

Each pair of classes votes; the class with most votes wins, of several the first. `decision_function` has scikit-learn's
shape "ovr": votes plus a part below 1/3 that grows with the sums of the pairs' confidences.
Source: libsvm, svm_predict_values; scikit-learn, _ovr_decision_function.
Shapes: N rows, D features, K classes that had rows, Q = K (K - 1) / 2 pairs.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Features, Predictor
from lsml_trainer.algorithms.svm.margins import margins
from lsml_trainer.algorithms.svm.platt import coupled, sigmoid
from lsml_trainer.algorithms.svm.state import Array, Indices
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.spec.class_weight import CLASS_LOSSES
from lsml_trainer.spec.svm import Svm

ABSENT = -1.0  # the score of a class without training rows: below what any other can get


def predictor(config: Svm, weights: Arrays) -> Predictor:
    """The predictor for what `weights` gave."""
    if config.loss not in CLASS_LOSSES:
        return Line(config, weights)
    return Chances(config, weights) if config.probability else Votes(config, weights)


@dataclass(frozen=True)
class Line:
    """A regression: w'phi(x) + b."""

    config: Svm
    arrays: Arrays

    @property
    def reads_sparse(self) -> bool:
        """As ReadsSparse."""
        return self.config.kernel == "linear"

    def decision_function(self, x_ND: Features) -> Array:
        """(N,): the number."""
        return margins(self.config, self.arrays, x_ND)[:, 0]

    def predict(self, x_ND: Features) -> Array:
        """(N,): the number."""
        return self.decision_function(x_ND)


@dataclass(frozen=True)
class Votes:
    """One against one."""

    config: Svm
    arrays: Arrays

    @property
    def reads_sparse(self) -> bool:
        """As ReadsSparse."""
        return self.config.kernel == "linear"

    def decision_function(self, x_ND: Features) -> Array:
        """(N,) for two classes, positive for the second; else (N, classes)."""
        margin_NQ = margins(self.config, self.arrays, x_ND)
        count = int(self.arrays["class_count"][0])
        if count == 2:
            return -margin_NQ[:, 0]
        scores = np.full((len(margin_NQ), count), ABSENT)
        scores[:, self._classes()] = _one_against_rest(margin_NQ, len(self._classes()))
        return scores

    def predict(self, x_ND: Features) -> NDArray[np.int64]:
        """(N,): the index of the class."""
        votes_NK = _votes(margins(self.config, self.arrays, x_ND) > 0, len(self._classes()))
        label_N: Indices = self._classes()[votes_NK.argmax(axis=1)]
        return label_N

    def _classes(self) -> Indices:
        classes: Indices = self.arrays["classes"].astype(np.int64)
        return classes


class Chances(Votes):
    """With probabilities, too. Where classes are close, the likeliest may not be the one with most votes."""

    def probabilities(self, x_ND: Features) -> Array:
        """(N, K): by Platt's sigmoids and pairwise coupling; 0 for a class without training rows."""
        margin_NQ = margins(self.config, self.arrays, x_ND)
        first_NQ = sigmoid(margin_NQ, self.arrays["prob_a"], self.arrays["prob_b"])
        all_NK = np.zeros((len(margin_NQ), int(self.arrays["class_count"][0])))
        all_NK[:, self._classes()] = coupled(first_NQ, len(self._classes()))
        return all_NK


def _votes(first_NQ: NDArray[np.bool_], classes: int) -> Array:
    votes_NK = np.zeros((len(first_NQ), classes))
    for pair, (a, b) in enumerate(combinations(range(classes), 2)):
        votes_NK[:, a] += first_NQ[:, pair]
        votes_NK[:, b] += ~first_NQ[:, pair]
    return votes_NK


def _one_against_rest(margin_NQ: Array, classes: int) -> Array:
    confidence_NK = np.zeros((len(margin_NQ), classes))
    for pair, (a, b) in enumerate(combinations(range(classes), 2)):
        confidence_NK[:, a] += margin_NQ[:, pair]
        confidence_NK[:, b] -= margin_NQ[:, pair]
    squeezed_NK: Array = confidence_NK / (3.0 * (np.abs(confidence_NK) + 1.0))
    return _votes(margin_NQ >= 0, classes) + squeezed_NK
