"""One round of block SMO on the current pair of classes.

    working set -> gather its rows -> the same small problem on every worker -> each corrects the errors of its rows

Two exchanges: the rows of the working set, and the corrections of the errors (8 bytes a row).

The kernel is first taken in float32 (a draft), which halves the time. When the draft satisfies the conditions, the
exact errors of a few hundred rows tell whether it does so in float64 too; if not, all errors are computed in float64
and the search goes on with that.
Shapes: P rows of one pair of classes, B rows of the working set, S support vectors, D features.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lsml_trainer.algorithms.base import Diverged, Shard
from lsml_trainer.algorithms.svm.rows import LocalRows, Part
from lsml_trainer.algorithms.svm.smo import Descent
from lsml_trainer.algorithms.svm.state import Array, Indices, Search
from lsml_trainer.algorithms.svm.subproblem import solve
from lsml_trainer.algorithms.svm.working_set import spot_check, working_set
from lsml_trainer.elastic.team import Team
from lsml_trainer.kernels import Matrix
from lsml_trainer.spec.svm import Svm

LOOSE = 50.0  # kernel of a row with all others, over that with itself: below, large working sets save no rounds


@dataclass(frozen=True)
class Limits:
    """Sizes, so that tests can make them small."""

    whole: int = 5_792
    """A pair of up to so many rows is one subproblem: its kernel is 256 MiB in float64, the default cacheSize."""
    working: int = 4_096
    """Rows of a working set otherwise: more would save rounds, fewer save time a move."""
    first: int = 1_024
    """Rows of the first working set, and of all where the rows have little to do with each other."""
    moves: int = 32_768
    """Of SMO in a round: at most about 200 ms."""
    draft: int = 1_024
    """Pairs of fewer rows are solved in float64 at once."""
    spots: int = 256
    """Rows whose exact errors are compared with the draft's."""

    def within(self, cache_bytes: int) -> "Limits":
        """With so much memory for the kernel of a working set in float64; never fewer than two rows."""
        rows = math.isqrt(cache_bytes // 8)
        return replace(self, whole=rows, working=min(self.working, rows), first=min(self.first, rows))


@dataclass(frozen=True)
class Round:
    """What a round needs besides the search."""

    config: Svm
    limits: Limits
    shards: Sequence[Shard]
    team: Team
    local: LocalRows

    def run(self, search: Search) -> Search:
        """The search after one round. Raises Diverged where the kernel overflows."""
        working_B = working_set(search, self._whole())
        parts = self.local.parts(search, self.shards)
        x_BD = self._gather(parts, working_B)
        beta_B = self._solve(search, working_B, x_BD)
        change_B = beta_B - search.beta_P[working_B]
        changed = np.flatnonzero(change_B)
        correction_P = self._kernel_sum(parts, x_BD[changed], change_B[changed])
        beta_P = search.beta_P.copy()
        beta_P[working_B] = beta_B
        error_P = search.error_P - correction_P
        if not np.isfinite(error_P).all():
            raise _overflow()
        size = search.size if search.rounds else self._size(search, working_B, x_BD)
        rounds = search.rounds + 1
        moved = replace(search, beta_P=beta_P, error_P=error_P, working_B=working_B, size=size, rounds=rounds)
        return replace(moved, standing=None)

    def largest_error(self, search: Search) -> float:
        """By how much the errors of a draft are wrong, as far as a spot check shows."""
        spot_B = spot_check(search, self.limits.spots)
        parts = self.local.parts(search, self.shards)
        left_BE = self.local.kernel.left(self._gather(parts, spot_B))
        sums = [{"sum": self._share(left_BE, part, search)} for part in parts]
        exact_B = search.target_P[spot_B] - self.team.total(sums)["sum"]
        return float(np.abs(exact_B - search.error_P[spot_B]).max())

    def precise(self, search: Search) -> Search:
        """The search with all errors computed in float64: O(P S)."""
        search = replace(search, precise=True, idle=0, dual=-np.inf, standing=None)
        parts = self.local.parts(search, self.shards)
        error_P = search.target_P
        support_S = np.flatnonzero(search.beta_P)
        for start in range(0, len(support_S), self.limits.working):
            some_B = support_S[start : start + self.limits.working]
            error_P = error_P - self._kernel_sum(parts, self._gather(parts, some_B), search.beta_P[some_B])
        return replace(search, error_P=error_P)

    def _share(self, left_BE: Matrix, part: Part, search: Search) -> Array:
        """What the support vectors of one part contribute to K beta at the given rows."""
        beta_R = search.beta_P[part.start : part.stop].reshape(-1, self._copies).sum(axis=1)
        support = np.flatnonzero(beta_R)
        return self.local.kernel_sum(left_BE, part.x_RD[support], beta_R[support])

    def _gather(self, parts: Sequence[Part], index_B: Indices) -> Array:
        """The given rows of the pair, whoever holds them."""
        gathered = self.team.gather([{"x": part.members(index_B)} for part in parts])
        return np.concatenate([part["x"] for part in gathered])

    def _solve(self, search: Search, working_B: Indices, x_BD: Array) -> Array:
        kernel_BB = self.local.gram(search, working_B, x_BD)
        if not np.isfinite(kernel_BB.diagonal()).all():
            raise _overflow()
        box = search.lower_P[working_B], search.upper_P[working_B]
        at = Descent(kernel_BB, *box, search.beta_P[working_B], search.error_P[working_B])
        return solve(at, self._tolerance(search, working_B), self.limits.moves)

    def _whole(self) -> int:
        """A linear kernel costs less for all rows than among those of a large working set."""
        return min(self.limits.whole, self.limits.working) if self.config.kernel == "linear" else self.limits.whole

    def _size(self, search: Search, working_B: Indices, x_BD: Array) -> int:
        """Of the working sets to come: small where a row feels its own change more than that of all others."""
        if len(working_B) == len(search.row_P):
            return search.size
        kernel_BB = self.local.gram(search, working_B, x_BD)
        own, all_of_them = float(kernel_BB.diagonal().sum()), float(np.abs(kernel_BB).sum())
        felt = (all_of_them - own) / max(1, len(working_B) - 1) * len(search.row_P)
        return self.limits.first if felt < LOOSE * own else self.limits.working

    def _tolerance(self, search: Search, working_B: Indices) -> float:
        """Of the subproblem: little more exact than the whole, as most of it will change in the next round."""
        tolerance, tenth = self.config.tolerance, 0.1 * search.violation
        if search.violation <= tolerance:  # what is left is the gap, which asks for less violation
            return tenth
        return 0.75 * tolerance if len(working_B) == len(search.row_P) else max(0.5 * tolerance, tenth)

    def _kernel_sum(self, parts: Sequence[Part], x_BD: Array, weight_B: Array) -> Array:
        """K(all rows of the pair, x_BD) weight_B, each worker for its own rows."""
        sums = [{"sum": self.local.kernel_sum(part.left_RE, x_BD, weight_B)} for part in parts]
        return np.repeat(np.concatenate([part["sum"] for part in self.team.gather(sums)]), self._copies)

    @property
    def _copies(self) -> int:
        return self.local.problem.copies


def _overflow() -> Diverged:
    return Diverged("the kernel overflows; standardize the features, or lower gamma, degree or coef0")
