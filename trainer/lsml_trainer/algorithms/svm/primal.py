"""The linear machine by Newton's method in the primal: a step is one iteration on the current pair of classes.

    w <- w - t F''(w)^-1 F'(w)        t = 1, 1/2, 1/4, ... until F falls

A pass over the rows an iteration, and D x D work. For the hinge, F is rounded off (`linear_sums.py`), and less so each
time that Newton's method has little left to gain; it ends when the duality gap is at most `tolerance` of the objective.
The alternative for few rows is block SMO (`algorithm.py`), whose work an iteration does not grow with all rows.

    start -> pair 0 -> iteration, iteration, … -> narrower -> … -> certificate -> pair 1 -> … -> done
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np

from lsml_trainer.algorithms.base import Diverged, Rows, Shape, Shard, Unsuitable
from lsml_trainer.algorithms.cores import Cores
from lsml_trainer.algorithms.gradient_descent.newton import solve
from lsml_trainer.algorithms.passes import shard_sums
from lsml_trainer.algorithms.svm.linear_sums import (
    Array,
    Certificate,
    Kind,
    certificate,
    gradient,
    objective,
    pair_sums,
)
from lsml_trainer.elastic.team import Arrays, Team
from lsml_trainer.spec.svm import Svm

MANY_ROWS = 20_000  # from which a hinge goes this way: below, block SMO is as fast
MOST_FEATURES = 4096  # the matrix of second derivatives takes 128 MiB then
NARROWER = 0.25
LEFT = 0.02  # of what rounding off hides: what Newton's step still promises when it is done less
ENOUGH = 1e-4  # Armijo's constant
MOST_HALVINGS = 40


@dataclass(frozen=True)
class State:
    """Where the search is; the same on every worker. Its arrays are never written to."""

    rows_K: Array
    """Of each class."""
    solved_QE: Array
    """The weights of the pairs that are done, (pairs, E)."""
    certificates_Q: Array
    """primal, dual, support vectors, converged of the pairs that are done; (pairs, 4)."""
    weights_E: Array
    width: float
    best_dual: float
    iterations: int
    """On the current pair."""
    total: int
    """On all pairs."""
    sums: Arrays
    """At the weights."""


def applies(config: Svm, shape: Shape) -> bool:
    """Whether the specification goes this way: classes of many rows, and nothing asked for that only SMO has."""
    asked_here = config.model_fields_set <= {"kernel", "C", "tolerance", "max_iterations"}
    fits = shape.rows >= MANY_ROWS and shape.features <= MOST_FEATURES and shape.classes >= 2
    return config.kernel == "linear" and asked_here and fits


@dataclass
class LinearNewton:
    """Support vector classification with a linear kernel."""

    config: Svm
    shape: Shape
    squared: bool = False
    """The squared hinge, as liblinear's default, rather than the hinge of libsvm."""
    cores: Cores = field(default_factory=Cores)

    def start(self, shards: Sequence[Shard], team: Team) -> State:
        """All weights 0 in the first pair. Raises Unsuitable where there are not two classes."""

        def counts(rows: Rows) -> Arrays:
            return {"rows": np.bincount(rows.y_N.astype(np.int64), minlength=self.shape.classes).astype(np.float64)}

        rows_K = team.total(shard_sums(self.cores, shards, counts))["rows"]
        present = int(np.count_nonzero(rows_K))
        if present < 2:
            raise Unsuitable(
                f"the label has {present} class in {self.shape.rows} training rows; "
                "a support vector machine separates classes and needs at least 2"
            )
        terms = self.shape.features + 1
        first = State(rows_K, np.empty((0, terms)), np.empty((0, 4)), np.zeros(terms), 1.0, -math.inf, 0, 0, {})
        return self._at(first, first.weights_E, 1.0, shards, team)

    def step(self, state: State, shards: Sequence[Shard], team: Team) -> State:
        """One iteration, or the beginning of the next pair."""
        moved = self._iterated(state, shards, team)
        moved = replace(moved, iterations=state.iterations + 1, total=state.total + 1)
        gap = self._gap(moved)
        stuck = moved.weights_E is state.weights_E and moved.width == state.width
        if gap > self.config.tolerance and moved.iterations < self.config.max_iterations and not stuck:
            return moved
        solved = self._with_solution(moved, converged=gap <= self.config.tolerance)
        if self.is_done(solved):
            return solved
        return self._at(solved, np.zeros_like(moved.weights_E), 1.0, shards, team)

    def _iterated(self, state: State, shards: Sequence[Shard], team: Team) -> State:
        """The state after an iteration; itself where rounding lets nothing be gained."""
        step_E, promise = self._newton(state)
        rounded_off = self.config.C * float(state.sums["loss"][0] - state.sums["smooth"][0])
        if not self.squared and promise <= LEFT * rounded_off:
            state = self._at(state, state.weights_E, NARROWER * state.width, shards, team)
            step_E, promise = self._newton(state)
        value, rate = objective(state.weights_E, state.sums, self.config.C), 1.0
        for _ in range(MOST_HALVINGS):
            moved = self._at(state, state.weights_E + rate * step_E, state.width, shards, team)
            if objective(moved.weights_E, moved.sums, self.config.C) <= value - 2.0 * ENOUGH * rate * promise:
                return moved
            rate /= 2.0
        return state

    def _newton(self, state: State) -> tuple[Array, float]:
        """Newton's step, and by how much F would fall, were it a parabola."""
        gradient_E = gradient(state.weights_E, state.sums, self.config.C)
        own_EE = np.diag(np.append(np.ones(self.shape.features), 0.0))
        step_E = -solve(own_EE + self.config.C * state.sums["second"], gradient_E)
        return step_E, -0.5 * float(gradient_E @ step_E)

    def _at(self, state: State, weights_E: Array, width: float, shards: Sequence[Shard], team: Team) -> State:
        """The state with these weights and this width, and the sums of a pass; raises Diverged."""
        first, second = self._pairs(state)[len(state.solved_QE)]
        kind = Kind(first, second, self.squared, width)
        sums = team.total(shard_sums(self.cores, shards, lambda rows: pair_sums(weights_E, rows, kind)))
        if not all(np.isfinite(array).all() for array in sums.values()):
            raise Diverged("the sums of the features' products are not finite; set data.standardize: true")
        moved = replace(state, weights_E=weights_E, width=width, sums=sums)
        return replace(moved, best_dual=max(state.best_dual, self._certificate(moved).dual))

    def _with_solution(self, state: State, *, converged: bool) -> State:
        """The next pair, with the current one's solution put down."""
        facts = [self._certificate(state).primal, state.best_dual, float(state.sums["support"][0]), float(converged)]
        return replace(
            state,
            solved_QE=np.vstack([state.solved_QE, state.weights_E]),
            certificates_Q=np.vstack([state.certificates_Q, facts]),
            best_dual=-math.inf,
            iterations=0,
        )

    def _certificate(self, state: State) -> Certificate:
        return certificate(state.weights_E, state.sums, self.config.C, squared=self.squared)

    def _gap(self, state: State) -> float:
        """As a share of the objective."""
        primal = self._certificate(state).primal
        return (primal - state.best_dual) / max(primal, np.finfo(np.float64).tiny)

    def _pairs(self, state: State) -> list[tuple[int, int]]:
        return list(combinations(np.flatnonzero(state.rows_K).tolist(), 2))

    def is_done(self, state: State) -> bool:
        """Whether every pair is solved."""
        return len(state.solved_QE) == len(self._pairs(state))

    def steps(self, state: State) -> tuple[int, int | None]:
        """Iterations over all pairs; how many it takes is not known beforehand."""
        return state.total, None

    def epoch(self, state: State) -> int | None:
        """Not counted."""
        return None

    def rows_per_step(self) -> float:
        """All."""
        return float(self.shape.rows)

    def metrics(self, state: State) -> Mapping[str, float]:
        """The certificate, summed over the pairs that are done and the current one."""
        facts_Q = state.certificates_Q
        if not self.is_done(state):
            now = [self._certificate(state).primal, state.best_dual, float(state.sums["support"][0]), 1.0]
            facts_Q = np.vstack([facts_Q, now])
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
        return {
            "rows": state.rows_K,
            "solved": state.solved_QE,
            "certificates": state.certificates_Q,
            "weights": state.weights_E,
            "numbers": np.array([state.width, state.best_dual, state.iterations, state.total]),
            **{f"sums.{name}": array for name, array in state.sums.items()},
        }

    def load(self, arrays: Arrays) -> State:
        """The state that `dump` gave."""
        width, best_dual, iterations, total = arrays["numbers"].tolist()
        sums = {name.removeprefix("sums."): array for name, array in arrays.items() if name.startswith("sums.")}
        solved, facts = arrays["solved"], arrays["certificates"]
        place = (arrays["weights"], width, best_dual, int(iterations), int(total), sums)
        return State(arrays["rows"], solved, facts, *place)

    def weights(self, state: State, shards: Sequence[Shard], team: Team) -> Arrays:
        """What `prediction` reads: a row of `coef` for each pair, and the certificate of each."""
        return {
            "classes": np.flatnonzero(state.rows_K).astype(np.float64),
            "class_count": np.array([float(self.shape.classes)]),
            "n_support": np.zeros(int(np.count_nonzero(state.rows_K))),  # no rows are kept: coef is all there is
            "coef": state.solved_QE[:, :-1].copy(),
            "intercept": state.solved_QE[:, -1].copy(),
            "primal": state.certificates_Q[:, 0].copy(),
            "dual": state.certificates_Q[:, 1].copy(),
        }
