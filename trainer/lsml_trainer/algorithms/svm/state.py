"""The replicated state of the search: what all workers know alike.

    Problem  facts of the training rows, found once
    Search   where the search for the current pair of classes stands
    Solution a pair that is done

One against one, in libsvm's order of the pairs. Source: Knerr, Personnaz, Dreyfus, Single-layer learning revisited,
1990.
Shapes: N training rows in the order of the shards, P rows of one pair of classes in that order, L shards, D features.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Problem:
    """Facts of the training rows."""

    label_N: Array
    """Index of each row's class."""
    rows_L: Array
    """Rows of each shard."""
    center_D: Array
    """Mean row."""
    gamma: float
    """Width of the kernel, a number."""

    @cached_property
    def classes(self) -> tuple[int, ...]:
        """Those that have rows, ascending."""
        return tuple(int(label) for label in np.unique(self.label_N))

    @cached_property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """(first, second), each first < second: two-class problems in libsvm's order."""
        return tuple(combinations(self.classes, 2))

    @cached_property
    def pair_rows(self) -> Array:
        """Rows of each pair."""
        counts = np.bincount(self.label_N.astype(np.int64))
        return np.array([counts[first] + counts[second] for first, second in self.pairs], dtype=np.float64)

    def first_row(self, shard: int) -> int:
        """The index among all rows of a shard's first row."""
        return int(self.rows_L[:shard].sum())


@dataclass(frozen=True)
class Search:
    """Block SMO on one pair; beta = y * alpha, and error = y - K beta is the negative gradient of the dual."""

    pair: int
    """Which of the problem's pairs."""
    row_P: Indices
    """Index of the pair's rows among all rows."""
    sign_P: Array
    """y: +1 for the pair's first class, -1 for its second."""
    beta_P: Array
    error_P: Array
    working_B: Indices
    """The working set of the last round, ascending indices among the pair's rows."""
    size: int
    """Most rows of a working set."""
    precise: bool
    """Whether the kernel is taken in float64; before that the search is a draft in float32."""
    rounds: int = 0
    """Rounds spent on this pair."""
    violation: float = np.inf
    """m(alpha) - M(alpha) after the last round."""
    gap: float = np.inf
    """The duality gap after the last round, as a share of the primal."""
    dual: float = 0.0
    """The highest value of the dual so far."""
    idle: int = 0
    """Rounds since it rose: more than a few, and rounding is all that is left."""


@dataclass(frozen=True)
class Certificate:
    """What the duality gap proves of one pair: the optimum lies between `dual` and `primal`."""

    primal: float
    dual: float
    gap: float
    violation: float
    """m(alpha) - M(alpha), libsvm's stopping rule."""
    intercept: float


@dataclass(frozen=True)
class Solution:
    """A pair that is done; only the support vectors are kept."""

    row_S: Indices
    """Index of the support vectors among all rows."""
    beta_S: Array
    certificate: Certificate
    rounds: int
    converged: bool
    """False where maxIterations, or rounding, ended the search."""


@dataclass(frozen=True)
class State:
    """Where training stands."""

    problem: Problem
    solved: tuple[Solution, ...]
    search: Search | None
    """None once every pair is solved."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Of the last step."""


def begin(problem: Problem, pair: int, size: int, precise: bool) -> Search | None:
    """The search for a pair before its first round: alpha = 0; None after the last pair."""
    if pair >= len(problem.pairs):
        return None
    first, second = problem.pairs[pair]
    row_P = np.flatnonzero((problem.label_N == first) | (problem.label_N == second))
    sign_P = np.where(problem.label_N[row_P] == first, 1.0, -1.0)
    return Search(pair, row_P, sign_P, np.zeros(len(row_P)), sign_P, np.empty(0, dtype=np.int64), size, precise)
