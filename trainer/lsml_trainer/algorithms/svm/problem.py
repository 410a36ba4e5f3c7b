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
from lsml_trainer.elastic.team import Team
from lsml_trainer.kernels import Kernel, Linear, Poly, Rbf, gamma_number
from lsml_trainer.spec.svm import Svm


def problem_of(config: Svm, shards: Sequence[Shard], team: Team) -> Problem:
    """The facts, the same on every worker.

    Raises Unsuitable where there are not two classes, Diverged where the features are not finite.
    """
    gathered = team.gather([{"label": _labels(shard)} for shard in shards])
    label_N = np.concatenate([part["label"] for part in gathered])
    rows_L = np.array([float(len(part["label"])) for part in gathered])
    mean_D, variance = _moments(shards, team)
    if not np.isfinite(variance):
        raise Diverged("the features are not finite, or too large to be squared; clean them, or standardize them")
    problem = Problem(label_N, rows_L, mean_D, gamma_number(config.gamma, len(mean_D), variance))
    if len(problem.classes) < 2:
        raise Unsuitable(
            f"the label has {len(problem.classes)} class in {len(label_N)} training rows; "
            "a support vector machine separates classes and needs at least 2"
        )
    return problem


def kernel_of(config: Svm, gamma: float, center_D: Array) -> Kernel:
    """The kernel with its numbers; `center_D` is where RBF puts its origin."""
    if config.kernel == "linear":
        return Linear()
    if config.kernel == "poly":
        return Poly(gamma, config.degree, config.coef0)
    return Rbf(gamma, center_D)


def _labels(shard: Shard) -> Array:
    return np.concatenate([chunk.y_N.astype(np.float64) for chunk in shard.chunks()])


def _moments(shards: Sequence[Shard], team: Team) -> tuple[Array, float]:
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
