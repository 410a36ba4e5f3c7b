"""Probabilities of a machine in the primal: all pairs are solved without each fold of the rows, and then with all.

A fold's rows get their margins from the machine that has not seen them, and on those Platt's sigmoids are fitted by
passes over the rows (`platt.py`), so that no number of each row is kept.
Shapes: L shards, F folds that are done, Q pairs of classes, E weights of each with the intercept.

    without fold 0 -> without fold 1 -> … -> with all rows -> sigmoids
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import ReadsSparse, Rows, Shard
from lsml_trainer.algorithms.passes import shard_sums
from lsml_trainer.algorithms.shuffle import Cells
from lsml_trainer.algorithms.svm.margins import margins
from lsml_trainer.algorithms.svm.platt import greatest_likelihood, likelihood_sums, targets
from lsml_trainer.algorithms.svm.primal import Primal
from lsml_trainer.algorithms.svm.primal_state import Array, State
from lsml_trainer.algorithms.svm.state import FOLDS, WHOLE, Indices
from lsml_trainer.elastic.team import Arrays, Team, add

TURNS = np.random.default_rng(0).integers(0, FOLDS, 4093)  # of the folds, so that no order of the rows matters


@dataclass(frozen=True)
class Chances:
    """Where training stands. Its arrays are never written to."""

    search: State
    first_L: Array
    """The number among all rows of each shard's first."""
    fold: int
    """Whose rows are left out; WHOLE: none."""
    solved_FQE: Array
    sigmoid_Q2: Array
    """Slope and offset of each pair; none before the end."""


@dataclass
class WithChances:
    """The machine, and probabilities."""

    machine: Primal

    @property
    def reads_sparse(self) -> bool:
        """As ReadsSparse."""
        return isinstance(self.machine, ReadsSparse) and self.machine.reads_sparse

    def start(self, shards: Sequence[Shard], team: Team) -> Chances:
        """Before the first fold. Raises what the machine does."""
        whole = self.machine.start(shards, team)
        nothing = np.empty((0, len(whole.facts.pairs), len(whole.weights_E))), np.empty((0, 2))
        gathered = team.gather([{"rows": np.array([float(shard.rows)])} for shard in shards])
        first_L = np.cumsum([0.0, *(part["rows"][0] for part in gathered)])
        return Chances(self.machine.again(whole, _without(0, shards, first_L), team), first_L, 0, *nothing)

    def step(self, state: Chances, shards: Sequence[Shard], team: Team) -> Chances:
        """The machine's next step, or the beginning of the next fold."""
        search = self.machine.step(state.search, _without(state.fold, shards, state.first_L), team)
        moved = replace(state, search=search)
        if not self.machine.is_done(search):
            return moved
        if state.fold == WHOLE:
            return replace(moved, sigmoid_Q2=self._sigmoids(moved, shards, team))
        fold = state.fold + 1 if state.fold + 1 < FOLDS else WHOLE
        again = self.machine.again(search, _without(fold, shards, state.first_L), team)
        return replace(moved, search=again, fold=fold, solved_FQE=np.vstack([state.solved_FQE, search.solved_QE[None]]))

    def _sigmoids(self, state: Chances, shards: Sequence[Shard], team: Team) -> Array:
        machines = [self.machine.weights(self._solved(state, fold), shards, team) for fold in range(FOLDS)]
        facts, found = state.search.facts, []
        for pair, classes in enumerate(facts.pairs):
            sums = partial(self._likelihood, state, machines, pair, shards, team)
            found.append(greatest_likelihood(sums, *facts.rows_K[list(classes)]))
        return np.array(found)

    def _likelihood(
        self, state: Chances, machines: Sequence[Arrays], pair: int, shards: Sequence[Shard], team: Team, at: Array
    ) -> Arrays:
        """Of a pair's rows, by the machines that have not seen them; a pass over the rows."""
        first, second = state.search.facts.pairs[pair]
        target_2 = targets(*state.search.facts.rows_K[[first, second]])

        def of_fold(fold: int) -> Arrays:
            def work(rows: Rows) -> Arrays:
                there_N = np.isin(rows.y_N, (first, second))
                counted = rows.at(there_N if rows.weight_N is None else there_N & (rows.weight_N > 0.0))
                margin_N = margins(self.machine.config, machines[fold], counted.x_ND)[:, pair]
                return likelihood_sums(margin_N, np.where(counted.y_N == first, *target_2), at)

            held = _parts(fold, shards, state.first_L, held=True)
            return team.total(shard_sums(self.machine.cores, held, work))

        return reduce(add, (of_fold(fold) for fold in range(FOLDS)))

    def _solved(self, state: Chances, fold: int) -> State:
        return replace(state.search, solved_QE=state.solved_FQE[fold])

    def is_done(self, state: Chances) -> bool:
        """Whether the sigmoids are found."""
        return len(state.sigmoid_Q2) > 0

    def steps(self, state: Chances) -> tuple[int, int | None]:
        """The machine's over all folds."""
        return self.machine.steps(state.search)

    def epoch(self, state: Chances) -> int | None:
        """Not counted."""
        return None

    def samples(self, state: Chances) -> int | None:
        """Nor are they."""
        return None

    def rows_per_step(self) -> float:
        """All but a fold."""
        return self.machine.rows_per_step()

    def metrics(self, state: Chances) -> Mapping[str, float]:
        """The certificate of the current fold, at the end of all rows."""
        return self.machine.metrics(state.search)

    def dump(self, state: Chances) -> Arrays:
        """All of the state."""
        own = {"fold": np.array([float(state.fold)]), "folds": state.solved_FQE, "sigmoids": state.sigmoid_Q2}
        return {**self.machine.dump(state.search), **own, "first": state.first_L}

    def load(self, arrays: Arrays) -> Chances:
        """The state that `dump` gave."""
        search, fold = self.machine.load(arrays), int(arrays["fold"][0])
        return Chances(search, arrays["first"], fold, arrays["folds"], arrays["sigmoids"])

    def weights(self, state: Chances, shards: Sequence[Shard], team: Team) -> Arrays:
        """What `prediction` reads; before the end every sigmoid is flat."""
        pairs = len(state.search.solved_QE)
        slope_Q, offset_Q = (state.sigmoid_Q2 if self.is_done(state) else np.zeros((pairs, 2))).T
        found = self.machine.weights(state.search, shards, team)
        return {**found, "prob_a": slope_Q.copy(), "prob_b": offset_Q.copy()}


@dataclass(frozen=True)
class Part:
    """A shard without the rows of a fold, or `held`, those alone."""

    shard: Shard
    first: int
    """The number among all rows of the shard's first."""
    fold: int
    held: bool

    @property
    def index(self) -> int:
        """As Shard."""
        return self.shard.index

    @property
    def rows(self) -> int:
        """As Shard."""
        return len(self._kept())

    @property
    def cells(self) -> Cells | None:
        """As Shard."""
        return self.shard.cells and self.shard.cells.among(self._kept())

    def chunks(self) -> Iterator[Rows]:
        """As Shard; copies."""
        begin = 0
        for rows in self.shard.chunks():
            end = begin + len(rows.y_N)
            yield rows.at(self._keeps(begin, end))
            begin = end

    def take(self, which: Indices | slice) -> Rows:
        """As Shard; copies."""
        return self.shard.take(self._kept()[which])

    def _kept(self) -> Indices:
        return np.flatnonzero(self._keeps(0, self.shard.rows))

    def _keeps(self, begin: int, end: int) -> NDArray[np.bool_]:
        fold_N = fold_of(np.arange(self.first + begin, self.first + end))
        keeps_N: NDArray[np.bool_] = (fold_N == self.fold) == self.held
        return keeps_N


def fold_of(row_N: Indices) -> NDArray[np.int64]:
    """Of rows by their numbers among all rows: of each FOLDS rows in a line one is in each fold."""
    fold_N: NDArray[np.int64] = (row_N + TURNS[row_N // FOLDS % len(TURNS)]) % FOLDS
    return fold_N


def _without(fold: int, shards: Sequence[Shard], first_L: Array) -> Sequence[Shard]:
    return shards if fold == WHOLE else _parts(fold, shards, first_L, held=False)


def _parts(fold: int, shards: Sequence[Shard], first_L: Array, *, held: bool) -> Sequence[Shard]:
    return [Part(shard, int(first_L[shard.index]), fold, held) for shard in shards]
