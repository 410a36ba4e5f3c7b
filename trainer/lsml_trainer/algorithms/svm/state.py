"""The replicated state of the search: what all workers know alike.

    Problem  facts of the training rows, found once
    Search   where the search for the current pair of classes stands
    Solution a pair that is done

One against one, in libsvm's order of the pairs. Source: Knerr, Personnaz, Dreyfus, Single-layer learning revisited,
1990. A regression is one search in which every row stands twice: once pulled up, once pulled down.
Source: Chang and Lin, LIBSVM, 2011, section 2.4.
Shapes: N training rows in the order of the shards, P rows of one pair of classes in that order (of a regression, two of
each row, one after the other), L shards, D features.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.spec.svm import Svm

WHOLE = -1
FOLDS = 5  # of the rows of a pair, for the probabilities: libsvm's

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Problem:
    """Facts of the training rows."""

    label_N: Array
    """Index of each row's class; of a regression the number."""
    weight_N: Array
    """How much each row counts; one of 0 is not there."""
    rows_L: Array
    """Rows of each shard."""
    center_D: Array
    """Mean row."""
    gamma: float
    """Width of the kernel, a number."""
    regression: bool

    @cached_property
    def classes(self) -> tuple[int, ...]:
        """Those that have rows, ascending; none of a regression."""
        return () if self.regression else tuple(int(label) for label in np.unique(self.label_N[self.weight_N > 0.0]))

    @cached_property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """(first, second), each first < second: two-class problems in libsvm's order; one pair of a regression."""
        return ((0, 0),) if self.regression else tuple(combinations(self.classes, 2))

    @property
    def copies(self) -> int:
        """How often a row stands in a search."""
        return 2 if self.regression else 1

    def members(self, pair: int) -> Indices:
        """The rows of a pair, ascending."""
        there_N = self.weight_N > 0.0
        if not self.regression:
            there_N &= np.isin(self.label_N, self.pairs[pair])
        return np.flatnonzero(there_N)

    @cached_property
    def pair_weights(self) -> Array:
        """Sum of the rows' weights of each pair."""
        return np.array([self.weight_N[self.members(pair)].sum() for pair in range(len(self.pairs))])

    def first_row(self, shard: int) -> int:
        """The index among all rows of a shard's first row."""
        return int(self.rows_L[:shard].sum())


@dataclass(frozen=True)
class Search:
    """Block SMO on one pair; beta = sign * alpha, and error = target - K beta is the negative gradient of the dual."""

    pair: int
    """Which of the problem's pairs."""
    row_P: Indices
    """Index of the pair's rows among all rows."""
    sign_P: Array
    """+1 for the pair's first class, -1 for its second; of a regression +1 and -1 of each row."""
    target_P: Array
    """The sign itself; of a regression y - epsilon and y + epsilon."""
    lower_P: Array
    upper_P: Array
    """Bounds of beta: [0, bound] for sign +1, [-bound, 0] for sign -1, the bound C times the row's weight."""
    beta_P: Array
    error_P: Array
    working_B: Indices
    """The working set of the last round, ascending indices among the pair's rows."""
    size: int
    """Most rows of a working set."""
    precise: bool
    """Whether the kernel is taken in float64; before that the search is a draft in float32."""
    fold: int = WHOLE
    """Which rows are held out, for the probabilities; WHOLE: none, and this is the pair's solution."""
    held_P: Array = field(default_factory=lambda: np.empty(0))
    """The margins of the rows that were held out so far."""
    before: int = 0
    """Rounds of the pair's earlier searches."""
    rounds: int = 0
    """Rounds of this search."""
    violation: float = np.inf
    """m(alpha) - M(alpha) after the last round."""
    gap: float = np.inf
    """The duality gap after the last round, as a share of the primal."""
    dual: float = 0.0
    """The highest value of the dual so far."""
    idle: int = 0
    """Rounds since it rose: more than a few, and rounding is all that is left."""
    standing: "Standing | None" = None
    """What `optimality` found out of it; None where it was not asked."""


class Standing(NamedTuple):
    """How far a search is from its optimum."""

    up_P: Array
    """The errors of the rows that may go up, else -inf."""
    down_P: Array
    """The errors of the rows that may go down, else +inf."""
    certificate: "Certificate"


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
    slope: float = 0.0
    """Of the sigmoid that makes a probability of a margin."""
    offset: float = 0.0


@dataclass(frozen=True)
class State:
    """Where training stands."""

    problem: Problem
    solved: tuple[Solution, ...]
    search: Search | None
    """None once every pair is solved."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Of the last step."""


def begin(problem: Problem, config: Svm, pair: int, size: int, precise: bool, fold: int = WHOLE) -> Search | None:
    """The search for a pair before its first round: alpha = 0; None after the last pair.

    Rows of the fold stay in the search with a bound of 0: they change nothing, and their margins are found.
    """
    if pair >= len(problem.pairs):
        return None
    row_P = np.repeat(problem.members(pair), problem.copies)
    label_P = problem.label_N[row_P]
    if problem.regression:
        sign_P = np.tile([1.0, -1.0], len(row_P) // 2)
        target_P = label_P - config.epsilon * sign_P
    else:
        target_P = sign_P = np.where(label_P == problem.pairs[pair][0], 1.0, -1.0)
    bound_P = config.C * problem.weight_N[row_P]
    if fold != WHOLE:
        bound_P[fold_of(sign_P) == fold] = 0.0
    violation = float(target_P[sign_P > 0.0].max() - target_P[sign_P < 0.0].min())
    lower_P, upper_P = np.where(sign_P > 0.0, 0.0, -bound_P), np.where(sign_P > 0.0, bound_P, 0.0)
    nothing = np.zeros(len(row_P)), target_P, np.empty(0, dtype=np.int64)
    held_P = np.zeros(len(row_P) if fold != WHOLE else 0)
    rows = pair, row_P, sign_P, target_P, lower_P, upper_P
    return Search(*rows, *nothing, size, precise, fold, held_P, violation=violation)


def fold_of(sign_P: Array) -> Indices:
    """Each class of a pair dealt out evenly, by a shuffle that is always the same."""
    fold_P = np.empty(len(sign_P), dtype=np.int64)
    for sign in (1.0, -1.0):
        rows = np.random.default_rng(0).permutation(np.flatnonzero(sign_P == sign))
        fold_P[rows] = np.arange(len(rows)) % FOLDS
    return fold_P
