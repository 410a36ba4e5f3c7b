"""What is found once, before the first round: labels, gamma, centre.

gamma: scale needs the variance of all entries, in two passes over the rows so that a large mean costs no digits.
Shapes: N rows of one shard, D features.
"""

import operator
from collections.abc import Sequence
from functools import reduce

import numpy as np

from lsml_trainer.algorithms.base import Diverged, Shard, Unsuitable
from lsml_trainer.algorithms.svm.state import Array, Problem
from lsml_trainer.elastic.team import Arrays, Team
from lsml_trainer.kernels import Kernel, Linear, Poly, Rbf, gamma_number
from lsml_trainer.spec.svm import Svm


def problem_of(config: Svm, class_weight_K: Array, shards: Sequence[Shard], team: Team) -> Problem:
    """The facts, the same on every worker; `class_weight_K` is empty where all classes count the same.

    Raises Unsuitable where there are not two classes, Diverged where the features are not finite.
    """
    gathered = team.gather([_labels_and_weights(shard) for shard in shards])
    label_N, weight_N = (np.concatenate([part[name] for part in gathered]) for name in ("label", "weight"))
    if class_weight_K.size:
        weight_N = weight_N * class_weight_K[label_N.astype(np.int64)]
    rows_L = np.array([float(len(part["label"])) for part in gathered])
    mean_D, variance = moments(shards, team)
    if not np.isfinite(variance):
        raise Diverged("the features are not finite, or too large to be squared; clean them, or standardize them")
    gamma = gamma_number(config.gamma, len(mean_D), variance)
    problem = Problem(label_N, weight_N, rows_L, mean_D, gamma, config.loss == "epsilon_insensitive")
    if not weight_N.any():
        raise Unsuitable(f"each of the {len(label_N)} training rows has weight 0; give some rows a weight")
    if not problem.regression and len(problem.classes) < 2:
        raise Unsuitable(
            f"the label has {len(problem.classes)} class in {len(label_N)} training rows; "
            "a support vector machine separates classes and needs at least 2"
        )
    if config.probability:
        _enough_for_folds(problem)
    return problem


def _enough_for_folds(problem: Problem) -> None:
    """Raises Unsuitable where holding out a fold could leave a class without rows."""
    labels, counts = np.unique(problem.label_N[problem.weight_N > 0.0], return_counts=True)
    if counts.min() < 2:
        raise Unsuitable(
            f"probability: true needs at least 2 training rows of each class, class {labels[counts.argmin()]:.0f} "
            f"(counted from 0) has {counts.min()}; add rows or take it out"
        )


def kernel_of(config: Svm, gamma: float, center_D: Array) -> Kernel:
    """The kernel with its numbers; `center_D` is where RBF puts its origin."""
    if config.kernel == "linear":
        return Linear()
    if config.kernel == "poly":
        return Poly(gamma, config.degree, config.coef0)
    return Rbf(gamma, center_D)


def _labels_and_weights(shard: Shard) -> Arrays:
    chunks = list(shard.chunks())
    weights = [np.ones(len(rows.y_N)) if rows.weight_N is None else rows.weight_N for rows in chunks]
    return {
        "label": np.concatenate([rows.y_N.astype(np.float64) for rows in chunks]),
        "weight": np.concatenate(weights),
    }


def moments(shards: Sequence[Shard], team: Team) -> tuple[Array, float]:
    """Mean row, and variance of all entries taken together."""
    first = team.total([{"rows": np.array([float(shard.rows)]), "sum": _sum(shard)} for shard in shards])
    rows = max(1.0, float(first["rows"][0]))
    mean_D = first["sum"] / rows
    second = team.total([{"square": _squares(shard, float(mean_D.mean()))} for shard in shards])
    return mean_D, float(second["square"][0]) / (rows * len(mean_D))


def _sum(shard: Shard) -> Array:
    return reduce(operator.add, (chunk.x_ND.sum(axis=0, dtype=np.float64) for chunk in shard.chunks()))


def _squares(shard: Shard, center: float) -> Array:
    return reduce(
        operator.add, (np.array([np.square(chunk.x_ND - center).sum(dtype=np.float64)]) for chunk in shard.chunks())
    )
