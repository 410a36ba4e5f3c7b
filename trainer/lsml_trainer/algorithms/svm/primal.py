"""Machines in the primal by Newton's method: a step is one iteration on the current pair of classes.

    w <- w - t F''(w)^-1 F'(w)        t = 1, or less where F rises again

A pass over the rows an iteration, and M x M work in the space of the weights (`space.py`): the features themselves, or
the kernel with M centres. The hinge and the epsilon-insensitive loss are rounded off (`primal_sums.py`), and less so
each time that Newton's method has little left to gain. It ends when the duality gap is at most `tolerance` of the
objective. Of many rows some are looked at first, which gives the others a place to begin.
The alternative for few rows is block SMO (`algorithm.py`), whose work an iteration does not grow with all rows.

    start -> pair 0 -> (draft: iterations on some rows) -> iteration, … -> narrower -> … -> pair 1 -> … -> done
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from lsml_trainer.algorithms.base import Diverged, Rows, Shape, Shard
from lsml_trainer.algorithms.cores import Cores
from lsml_trainer.algorithms.passes import shard_sums
from lsml_trainer.algorithms.svm import primal_state
from lsml_trainer.algorithms.svm.primal_facts import facts_of
from lsml_trainer.algorithms.svm.primal_goal import Goal, goal_of
from lsml_trainer.algorithms.svm.primal_model import weights
from lsml_trainer.algorithms.svm.primal_state import Array, Facts, State
from lsml_trainer.algorithms.svm.primal_step import newton_step, next_width
from lsml_trainer.algorithms.svm.primal_sums import Kind, row_sums
from lsml_trainer.algorithms.weighting import weighted
from lsml_trainer.elastic.team import Arrays, Team
from lsml_trainer.spec.svm import Svm

WIDEST = 2.0  # of the first width, in margins or deviations of the label: all rows bend at first
ENOUGH = 1e-4  # Armijo's constant
FLATTER = 0.3  # of the slope at the beginning of a step: what it may rise at its end
MOST_TRIALS = 20
DRAFT_EVERY = 16
DRAFT_GAP = 0.02  # at which the other rows are looked at, too


@dataclass
class Primal:
    """Classification and regression with a linear or an approximated kernel."""

    config: Svm
    shape: Shape
    seed: int = 0
    draft_rows: int = 20_000
    """Fewer make no draft."""
    cores: Cores = field(default_factory=Cores)
    _goal: tuple[Facts, Goal] | None = None

    def start(self, shards: Sequence[Shard], team: Team) -> State:
        """The first pair, all weights 0. Raises what `facts_of` does."""
        with self.cores.alone():
            facts = facts_of(self.config, self.shape, self.seed, shards, team, self.cores)
            terms = self.goal(facts).space.size + 1
            nothing = np.empty((0, terms)), np.empty((0, 4)), np.zeros(terms)
            return self._begin(State(facts, *nothing, 1.0, 1, -math.inf, 0, 0, {}), shards, team)

    def again(self, state: State, shards: Sequence[Shard], team: Team) -> State:
        """From the first pair on, with what is known of the rows."""
        none = replace(state, solved_QE=state.solved_QE[:0], certificates_Q=state.certificates_Q[:0])
        with self.cores.alone():
            return self._begin(none, shards, team)

    def step(self, state: State, shards: Sequence[Shard], team: Team) -> State:
        """One iteration, or the beginning of the next pair."""
        with self.cores.alone():
            goal = self.goal(state.facts)
            moved = self._iterated(goal, state, shards, team)
            moved = replace(moved, iterations=state.iterations + 1, total=state.total + 1)
            stuck = moved.weights_E is state.weights_E and moved.width == state.width
            last = stuck or moved.iterations >= self.config.max_iterations
            if moved.every > 1 and (last or goal.gap(moved) <= max(DRAFT_GAP, self.config.tolerance)):
                whole = replace(moved, every=1, best_dual=-math.inf)
                moved = self._at(whole, moved.weights_E, moved.width, shards, team)
                last = moved.iterations >= self.config.max_iterations
            converged = moved.every == 1 and goal.gap(moved) <= self.config.tolerance
            if not (converged or last):
                return moved
            solved = self._with_solution(moved, converged=converged)
            return solved if self.is_done(solved) else self._begin(solved, shards, team)

    def _begin(self, state: State, shards: Sequence[Shard], team: Team) -> State:
        """The next pair at its first weights: only the intercept of a number is not 0."""
        facts = state.facts
        weights_E = np.append(np.zeros(self.goal(facts).space.size), facts.label_mean)
        state = replace(state, every=self._first_every(facts), iterations=0, best_dual=-math.inf)
        return self._at(state, weights_E, WIDEST * facts.label_scale, shards, team)

    def _first_every(self, facts: Facts) -> int:
        """A draft has many more rows than weights."""
        enough = max(self.draft_rows, 8 * self.goal(facts).space.size)
        return DRAFT_EVERY if self.shape.rows >= DRAFT_EVERY * enough else 1

    def _iterated(self, goal: Goal, state: State, shards: Sequence[Shard], team: Team) -> State:
        """The state after an iteration; itself where rounding lets nothing be gained."""
        step_E, promise = self.newton(state, shards, team)
        if not goal.squared:
            primal, tolerance = goal.certificate(state).primal, self.config.tolerance
            width = next_width(state.width, state.sums, goal.cost(state), primal, promise, tolerance)
            if width < state.width:
                state = self._at(state, state.weights_E, width, shards, team)
                step_E, promise = self.newton(state, shards, team)
        return self._along(goal, state, step_E, promise, shards, team)

    def _along(
        self, goal: Goal, state: State, step_E: Array, promise: float, shards: Sequence[Shard], team: Team
    ) -> State:
        """The state where F hardly rises any more along the step, which F's slope there tells; itself if nowhere."""
        value, slope, rate = goal.objective(state), -2.0 * promise, 1.0
        for _ in range(MOST_TRIALS):
            moved = self._at(state, state.weights_E + rate * step_E, state.width, shards, team)
            rise = float(goal.gradient(moved) @ step_E)
            lower = goal.objective(moved) <= value + ENOUGH * rate * slope
            if lower and rise <= FLATTER * -slope:
                return moved
            rate *= min(0.5, max(0.1, slope / (slope - rise)))  # where a parabola of both slopes is lowest
        return state

    def _at(self, state: State, weights_E: Array, width: float, shards: Sequence[Shard], team: Team) -> State:
        """The state with these weights and this width, and the sums of a pass; raises Diverged."""
        goal = self.goal(state.facts)
        kind = goal.kind(state, width)

        def sums(rows: Rows) -> Arrays:
            return self.row_sums(weights_E, self.seen(state, rows), kind, state.facts)

        total = team.total(shard_sums(self.cores, shards, sums))
        if not all(np.isfinite(array).all() for array in total.values()):
            raise Diverged("the sums of the features' products are not finite; set data.standardize: true")
        moved = replace(state, weights_E=weights_E, width=width, sums=total)
        return replace(moved, best_dual=max(state.best_dual, goal.certificate(moved).dual))

    def newton(self, state: State, shards: Sequence[Shard], team: Team) -> tuple[Array, float]:
        """Newton's step from the sums, and what it promises."""
        goal = self.goal(state.facts)
        return newton_step(goal.space, state.weights_E, state.sums, goal.cost(state))

    def row_sums(self, weights_E: Array, rows: Rows, kind: Kind, facts: Facts) -> Arrays:
        """What a pass sums over these rows."""
        return row_sums(self.goal(facts).space, weights_E, rows, kind)

    def seen(self, state: State, rows: Rows) -> Rows:
        """The rows of a chunk that are looked at, as much as they count."""
        return weighted(_some(rows, state.every), state.facts.class_weight_K)

    def _with_solution(self, state: State, *, converged: bool) -> State:
        """The pairs that are done, with the current one's solution."""
        standing = self.goal(state.facts).standing(state, converged=converged)
        return replace(
            state,
            solved_QE=np.vstack([state.solved_QE, state.weights_E]),
            certificates_Q=np.vstack([state.certificates_Q, standing]),
        )

    def goal(self, facts: Facts) -> Goal:
        """What is made small; kept, since its space remembers what is made of the centres once."""
        if self._goal is None or self._goal[0] is not facts:
            self._goal = facts, goal_of(self.config, self.shape, facts, self.draft_rows)
        return self._goal[1]

    def is_done(self, state: State) -> bool:
        """Whether every pair is solved."""
        return len(state.solved_QE) == len(state.facts.pairs)

    def steps(self, state: State) -> tuple[int, int | None]:
        """Iterations over all pairs; how many it takes is not known beforehand."""
        return state.total, None

    def epoch(self, state: State) -> int | None:
        """Not counted."""
        return None

    def samples(self, state: State) -> int | None:
        """Nor are they."""
        return None

    def rows_per_step(self) -> float:
        """All."""
        return float(self.shape.rows)

    def metrics(self, state: State) -> Mapping[str, float]:
        """The certificate, summed over the pairs that are done and the current one."""
        facts_Q = state.certificates_Q
        if not self.is_done(state):
            facts_Q = np.vstack([facts_Q, self.goal(state.facts).standing(state, converged=True)])
        primal, dual, support, _ = facts_Q.sum(axis=0).tolist()
        converged = float(facts_Q[:, 3].min())
        return {
            "loss": primal,
            "dual": dual,
            "dualGap": primal - dual,
            "supportVectors": support,
            "converged": converged,
        }

    def dump(self, state: State) -> Arrays:
        """All of the state."""
        return primal_state.dump(state)

    def load(self, arrays: Arrays) -> State:
        """The state that `dump` gave."""
        return primal_state.load(arrays)

    def weights(self, state: State, shards: Sequence[Shard], team: Team) -> Arrays:
        """What `prediction` reads."""
        return weights(state, self.shape.classes, self.goal(state.facts).space)


def _some(rows: Rows, every: int) -> Rows:
    """The first rows of a chunk: one of so many."""
    if every == 1:
        return rows
    return rows.at(slice(0, -(-len(rows.y_N) // every)))
