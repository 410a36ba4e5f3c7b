"""The interface of an algorithm around block SMO: one step is one round on the current pair of classes.

start -> pair 0 -> round, round, … -> (draft checked in float64) -> certificate -> pair 1 -> … -> done
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from lsml_trainer.algorithms.base import Algorithm, Shape, Shard
from lsml_trainer.algorithms.cores import Cores
from lsml_trainer.algorithms.svm import optimality, storage
from lsml_trainer.algorithms.svm.block import Limits, Round
from lsml_trainer.algorithms.svm.model import weights
from lsml_trainer.algorithms.svm.platt import fit_sigmoid
from lsml_trainer.algorithms.svm.problem import kernel_of, problem_of
from lsml_trainer.algorithms.svm.rows import LocalRows
from lsml_trainer.algorithms.svm.state import FOLDS, WHOLE, Problem, Search, Solution, State, begin, fold_of
from lsml_trainer.algorithms.weighting import class_weights
from lsml_trainer.data.memory import bytes_of
from lsml_trainer.elastic.team import Arrays, Team
from lsml_trainer.spec.svm import Svm

METRICS = ("loss", "dual", "dualGap", "violation", "supportVectors", "converged")
IDLE_ROUNDS = 10  # without a rise of the dual: what is left is rounding
DRAFT_TOLERANCE = 1e-5  # float32 is not worth trying for less


def create(config: Svm, shape: Shape, seed: int) -> Algorithm[State]:
    """The algorithm; nothing in it is random, so the seed is not used."""
    del seed
    return BlockSmo(config, shape, Limits().within(bytes_of(config.cache_size)))


@dataclass
class BlockSmo:
    """C-SVC and epsilon-SVR by block SMO."""

    config: Svm
    shape: Shape
    limits: Limits = field(default_factory=Limits)
    _cores: Cores = field(default_factory=Cores)
    _local: LocalRows | None = None

    def start(self, shards: Sequence[Shard], team: Team) -> State:
        """alpha = 0 in the first pair. Raises Unsuitable where there are not two classes."""
        class_weight_K = class_weights(self.config.class_weight, self.shape, shards, team, self._cores, "svm")
        problem = problem_of(self.config, class_weight_K, shards, team)
        return self._state(problem, (), self._begin(problem, 0))

    def step(self, state: State, shards: Sequence[Shard], team: Team) -> State:
        """The state after one round."""
        assert state.search is not None, "nothing is left to do"
        turn = Round(self.config, self.limits, shards, team, self._rows(state.problem))
        with self._cores.alone():  # all of it: a single dot product would wake threads that then wait at full speed
            search = self._after(turn, state.search)
            if not self._is_over(search):
                return self._state(state.problem, state.solved, search)
            return self._next(state, search)

    def is_done(self, state: State) -> bool:
        """Whether every pair is solved."""
        return state.search is None

    def steps(self, state: State) -> tuple[int, int | None]:
        """Rounds over all pairs; how many it takes is not known beforehand."""
        rounds = sum(solution.rounds for solution in state.solved)
        return rounds + (state.search.before + state.search.rounds if state.search else 0), None

    def epoch(self, state: State) -> int | None:
        """Rounds are not passes over the rows."""
        return None

    def samples(self, state: State) -> int | None:
        """Nor do they consume each row alike."""
        return None

    def rows_per_step(self) -> float:
        """The rows of a pair of classes."""
        return self.shape.rows * min(1.0, 2.0 / max(1, self.shape.classes))

    def metrics(self, state: State) -> Mapping[str, float]:
        """The certificate, summed over the pairs."""
        return state.metrics

    def dump(self, state: State) -> Arrays:
        """All of the state."""
        return storage.dump(state)

    def load(self, arrays: Arrays) -> State:
        """The state that `dump` gave."""
        return storage.load(arrays, self.config, METRICS)

    def weights(self, state: State, shards: Sequence[Shard], team: Team) -> Arrays:
        """What `prediction` reads."""
        return weights(self.config, self.shape.classes, state, shards, team)

    def _rows(self, problem: Problem) -> LocalRows:
        if self._local is None or self._local.problem is not problem:
            kernel = kernel_of(self.config, problem.gamma, problem.center_D)
            self._local = LocalRows(problem, kernel, self._cores)
        return self._local

    def _next(self, state: State, search: Search) -> State:
        """The state when a search is over: for probabilities each pair is solved without each fold before."""
        problem = state.problem
        if search.fold == WHOLE:
            solved = (*state.solved, self._solution(problem, search))
            return self._state(problem, solved, self._begin(problem, len(solved)))
        margin_P = search.target_P - search.error_P + optimality.certificate(search).intercept
        held_P = np.where(fold_of(search.sign_P) == search.fold, margin_P, search.held_P)
        following = self._begin(problem, search.pair, search.fold + 1 if search.fold + 1 < FOLDS else WHOLE)
        assert following is not None, "it is the same pair"
        before = search.before + search.rounds
        return self._state(problem, state.solved, replace(following, held_P=held_P, before=before))

    def _begin(self, problem: Problem, pair: int, fold: int | None = None) -> Search | None:
        if fold is None:
            fold = 0 if self.config.probability else WHOLE
        few = pair < len(problem.pairs) and len(problem.members(pair)) < self.limits.draft
        precise = few or self.config.kernel != "rbf" or self.config.tolerance < DRAFT_TOLERANCE
        return begin(problem, self.config, pair, self.limits.first, precise, fold)

    def _after(self, turn: Round, search: Search) -> Search:
        """The search after a round; a draft that is done has been checked."""
        search = self._judged(turn.run(search))
        if search.precise or not (self._is_optimal(search) or search.idle):
            return search
        return self._judged(turn.precise(search)) if self._misses(search, turn) else search

    def _judged(self, search: Search) -> Search:
        """With the violation, the gap and the dual of where it stands."""
        standing = optimality.standing(search)
        now = standing.certificate
        idle = 0 if now.dual > search.dual else search.idle + 1
        gap = now.gap / max(now.primal, np.finfo(np.float64).tiny)
        dual = max(now.dual, search.dual)
        return replace(search, violation=now.violation, gap=gap, dual=dual, idle=idle, standing=standing)

    def _is_optimal(self, search: Search) -> bool:
        return max(search.violation, search.gap) <= self.config.tolerance

    def _misses(self, search: Search, turn: Round) -> bool:
        """Whether a draft's own inexactness might hide a violation, or a gap."""
        inexact = turn.largest_error(search)
        gap = search.gap + inexact * optimality.sensitivity(search)
        return max(search.violation + 2.0 * inexact, gap) > self.config.tolerance

    def _is_over(self, search: Search) -> bool:
        return self._is_optimal(search) or search.rounds >= self.config.max_iterations or search.idle >= IDLE_ROUNDS

    def _solution(self, problem: Problem, search: Search) -> Solution:
        beta_R = search.beta_P.reshape(-1, problem.copies).sum(axis=1)
        row_S, beta_S = search.row_P[:: problem.copies][beta_R != 0.0], beta_R[beta_R != 0.0]
        solution = Solution(
            row_S, beta_S, optimality.certificate(search), search.before + search.rounds, self._is_optimal(search)
        )
        if not self.config.probability:
            return solution
        slope, offset = fit_sigmoid(search.held_P, search.sign_P > 0.0)
        return replace(solution, slope=slope, offset=offset)

    def _state(self, problem: Problem, solved: tuple[Solution, ...], search: Search | None) -> State:
        return State(problem, solved, search, self._metrics(problem, solved, search))

    def _metrics(self, problem: Problem, solved: tuple[Solution, ...], search: Search | None) -> Mapping[str, float]:
        """Sums over all pairs; a pair that is not begun has primal C * rows and dual 0."""
        certificates = [solution.certificate for solution in solved]
        support_N = np.zeros(len(problem.label_N), np.bool_)
        for solution in solved:
            support_N[solution.row_S] = True
        if search is not None:
            certificates.append(optimality.certificate(search))
            support_N[search.row_P[search.beta_P != 0.0]] = True
        waiting = self.config.C * float(problem.pair_weights[len(certificates) :].sum())
        values = (
            sum(certificate.primal for certificate in certificates) + waiting,
            sum(certificate.dual for certificate in certificates),
            sum(certificate.gap for certificate in certificates) + waiting,
            max(certificate.violation for certificate in certificates),
            float(np.count_nonzero(support_N)),
            float(all(solution.converged for solution in solved)),
        )
        return dict(zip(METRICS, values, strict=True))
