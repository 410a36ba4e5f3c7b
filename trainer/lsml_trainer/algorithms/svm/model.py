"""From the solved pairs to the arrays of `weights.safetensors`.

libsvm's form: the support vectors of all pairs once, ascending by class, and of each its K - 1 coefficients, one for
each other class. For the linear kernel a row of `coef` a pair instead: w = sum beta_i x_i.
Shapes: K classes, S support vectors, Q = K (K - 1) / 2 pairs, D features.
"""

from collections.abc import Sequence

import numpy as np

from lsml_trainer.algorithms.base import Shard
from lsml_trainer.algorithms.svm.state import Array, Indices, Problem, Solution, State
from lsml_trainer.elastic.team import Arrays, Team
from lsml_trainer.spec.svm import Svm


def weights(config: Svm, class_count: int, state: State, shards: Sequence[Shard], team: Team) -> Arrays:
    """What prediction reads, and the certificate of each pair; before the end, of the pairs that are solved."""
    problem, solved = state.problem, state.solved
    row_S = np.unique(np.concatenate([np.empty(0, np.int64), *(solution.row_S for solution in solved)]))
    class_S = np.zeros(len(row_S)) if problem.regression else problem.label_N[row_S]
    row_S = row_S[np.argsort(class_S, kind="stable")]
    counts = np.unique(class_S, return_counts=True)[1]
    common = {
        "classes": np.array(problem.classes, dtype=np.float64),
        "class_count": np.array([float(class_count)]),
        "intercept": np.array([solution.certificate.intercept for solution in solved]),
        "n_support": counts.astype(np.float64),
        "primal": np.array([solution.certificate.primal for solution in solved]),
        "dual": np.array([solution.certificate.dual for solution in solved]),
    }
    if config.probability:
        common |= {
            "prob_a": np.array([solution.slope for solution in solved]),
            "prob_b": np.array([solution.offset for solution in solved]),
        }
    if problem.regression:
        del common["classes"], common["class_count"]
    if config.kernel == "linear":
        return {**common, "coef": _coef(problem, solved, shards, team)}
    return {
        **common,
        "gamma": np.array([problem.gamma]),
        "center": problem.center_D,
        "support_vectors": _rows(problem, row_S, shards, team),
        "dual_coef": _dual_coef(problem, solved, row_S),
    }


def _coef(problem: Problem, solved: Sequence[Solution], shards: Sequence[Shard], team: Team) -> Array:
    beta_QN = np.zeros((len(solved), len(problem.label_N)))
    for pair, solution in enumerate(solved):
        beta_QN[pair, solution.row_S] = solution.beta_S
    parts = []
    for shard in shards:
        first = problem.first_row(shard.index)
        parts.append({"coef": beta_QN[:, first : first + shard.rows] @ shard.take(slice(None)).x_ND})
    coef_QD: Array = team.total(parts)["coef"]
    return coef_QD


def _rows(problem: Problem, row_S: Indices, shards: Sequence[Shard], team: Team) -> Array:
    """The support vectors themselves, in the order of `row_S`."""
    ascending_S = np.sort(row_S)
    parts = []
    for shard in shards:
        first = problem.first_row(shard.index)
        start, stop = np.searchsorted(ascending_S, (first, first + shard.rows)).tolist()
        parts.append({"x": shard.take(ascending_S[start:stop] - first).x_ND.astype(np.float64, copy=False)})
    x_SD: Array = np.concatenate([part["x"] for part in team.gather(parts)])
    return x_SD[np.searchsorted(ascending_S, row_S)]


def _dual_coef(problem: Problem, solved: Sequence[Solution], row_S: Indices) -> Array:
    """(K - 1, S): of a support vector of class k the entry for class l is in row l (l < k) or l - 1 (l > k).

    Of a regression (1, S).
    """
    classes = np.array(problem.classes, dtype=np.float64)
    position = np.empty(len(problem.label_N), dtype=np.int64)
    position[row_S] = np.arange(len(row_S))
    class_S = np.searchsorted(classes, problem.label_N[row_S])
    if problem.regression:
        return solved[0].beta_S[np.newaxis]
    coef_KS = np.zeros((len(classes) - 1, len(row_S)))
    for (first, second), solution in zip(problem.pairs, solved, strict=False):
        at = position[solution.row_S]
        a, b = np.searchsorted(classes, (first, second))
        coef_KS[np.where(class_S[at] == a, b - 1, a), at] = solution.beta_S
    return coef_KS
