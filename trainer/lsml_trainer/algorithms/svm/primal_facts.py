"""What a machine in the primal finds out before its first iteration: labels, and the centres of its kernel."""

import math
from collections.abc import Sequence

import numpy as np

from lsml_trainer.algorithms.base import Diverged, Rows, Shape, Shard, Unsuitable
from lsml_trainer.algorithms.cores import Cores
from lsml_trainer.algorithms.passes import shard_sums
from lsml_trainer.algorithms.svm.primal_state import Array, Facts
from lsml_trainer.algorithms.svm.problem import moments
from lsml_trainer.algorithms.weighting import class_weights
from lsml_trainer.data.memory import available_bytes
from lsml_trainer.elastic.team import Arrays, Team
from lsml_trainer.kernels import gamma_number
from lsml_trainer.spec.base import InvalidSpec
from lsml_trainer.spec.svm import Nystrom, Svm

SQUARE_BYTES = 24  # for each two centres: the kernel between them, its factor, and its preconditioner's


def facts_of(config: Svm, shape: Shape, seed: int, shards: Sequence[Shard], team: Team, cores: Cores) -> Facts:
    """The facts, the same on every worker.

    Raises Unsuitable where there are not two classes, Diverged where what is needed is not finite, InvalidSpec where a
    class is named that is not there, or more centres are wanted than there are rows, or memory.
    """
    class_weight_K = class_weights(config.class_weight, shape, shards, team, cores, "svm")
    labels = team.total(shard_sums(cores, shards, lambda rows: _label_sums(rows, shape.classes)))
    rows_K = labels["rows"] * (class_weight_K > 0.0) if class_weight_K.size else labels["rows"]
    if shape.classes:
        _needs_two_classes(rows_K, shape)
    count, total, squares = labels["moments"].tolist()
    mean = total / max(1.0, count)
    scale = math.sqrt(max(0.0, squares / max(1.0, count) - mean**2)) or 1.0
    of_rows = rows_K, class_weight_K, mean, scale
    if config.approximation is None:
        return Facts(*of_rows, np.empty((0, shape.features)), np.empty(0), 0.0)
    mean_D, variance = moments(shards, team)
    if not np.isfinite(variance):
        raise Diverged("the features are not finite, or too large to be squared; clean them, or standardize them")
    gamma = gamma_number(config.gamma, len(mean_D), variance)
    return Facts(*of_rows, _centers(config.approximation.chosen, shape, seed, shards, team), mean_D, gamma)


def _label_sums(rows: Rows, classes: int) -> Arrays:
    """Rows that count of each class; of numbers count, sum and sum of squares."""
    there_N = np.ones(len(rows.y_N), np.bool_) if rows.weight_N is None else rows.weight_N > 0.0
    y_N = rows.y_N[there_N]
    if classes:
        return {"rows": np.bincount(y_N.astype(np.int64), minlength=classes).astype(np.float64), "moments": np.zeros(3)}
    return {"rows": np.empty(0), "moments": np.array([float(len(y_N)), y_N.sum(), y_N @ y_N])}


def _needs_two_classes(rows_K: Array, shape: Shape) -> None:
    present = int(np.count_nonzero(rows_K))
    if present < 2:
        raise Unsuitable(
            f"the label has {present} class in {shape.rows} training rows; "
            "a support vector machine separates classes and needs at least 2"
        )


def _needs_memory(centres: int) -> None:
    wanted, there = SQUARE_BYTES * centres**2, available_bytes()
    if wanted > there:
        raise InvalidSpec(
            f"spec.algorithm.svm.approximation.nystrom.centres is {centres}, whose matrices take "
            f"{wanted / 2**20:.0f} MiB of memory, and there are {there / 2**20:.0f} MiB; lower it, or raise the limit"
        )


def _centers(asked: Nystrom, shape: Shape, seed: int, shards: Sequence[Shard], team: Team) -> Array:
    """Rows drawn evenly without putting back, in the order of the rows, whoever holds them; (M, D)."""
    if asked.centres > shape.rows:
        raise InvalidSpec(
            f"spec.algorithm.svm.approximation.nystrom.centres is {asked.centres}, but there are only {shape.rows} "
            "training rows; lower it, or take approximation out: so few rows need none"
        )
    _needs_memory(asked.centres)
    rows_L = np.concatenate(
        [part["rows"] for part in team.gather([{"rows": np.array([float(s.rows)])} for s in shards])]
    )
    random = np.random.default_rng(seed if asked.seed is None else asked.seed)
    drawn_M = np.sort(random.choice(shape.rows, asked.centres, replace=False))
    parts = []
    for shard in shards:
        first = int(rows_L[: shard.index].sum())
        start, stop = np.searchsorted(drawn_M, (first, first + shard.rows)).tolist()
        parts.append({"x": shard.take(drawn_M[start:stop] - first).x_ND.astype(np.float64)})
    return np.concatenate([part["x"] for part in team.gather(parts)])
