"""The machine of many centres in the primal: Newton's steps by conjugate gradients, without a matrix of the rows.

    F''(w) v = Gv + C A' diag(curve) A v        A = [k(x, centres), 1]

A product is a pass over the rows, O(N M), where the matrix takes O(N M^2) an iteration and as much memory on each core;
`falkon.py` sees to it that a few make a step. All else is `primal.py`.
Source: as `falkon.py`.  Shapes as in `primal_sums.py`, M centres.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lsml_trainer.algorithms.base import Rows, Shard
from lsml_trainer.algorithms.passes import shard_sums
from lsml_trainer.algorithms.svm.conjugate import conjugate_gradients
from lsml_trainer.algorithms.svm.primal import Primal
from lsml_trainer.algorithms.svm.primal_state import Array, Facts, State
from lsml_trainer.algorithms.svm.primal_sums import Kind, curved_sums, row_sums
from lsml_trainer.algorithms.svm.space import Nystrom
from lsml_trainer.elastic.team import Arrays, Team

LEFT = 0.1  # of the gradient: a nearer step to the optimum of a parabola is not nearer to that of F
MOST_PRODUCTS = 50


@dataclass
class ManyCentres(Primal):
    """Classification and regression with a kernel that is approximated by many centres."""

    def newton(self, state: State, shards: Sequence[Shard], team: Team) -> tuple[Array, float]:
        """As Primal, but for LEFT of it."""
        goal, space = self.goal(state.facts), self._nystrom(state.facts)
        C, kind = goal.cost(state), goal.kind(state, state.width)
        bend = C * float(state.sums["curve"][0])

        def times(way_E: Array) -> Array:
            def of_rows(rows: Rows) -> Arrays:
                return curved_sums(space, state.weights_E, way_E, self.seen(state, rows), kind)

            product_E = team.total(shard_sums(self.cores, shards, of_rows))["curved"]
            return np.append(space.times(way_E[:-1]), 0.0) + C * product_E

        def scaled(rest_E: Array) -> Array:
            intercept = rest_E[-1] / bend if bend > 0.0 else 0.0  # no row bends: it is free
            return np.append(space.preconditioner.times(rest_E[:-1], bend), intercept)

        gradient_E = goal.gradient(state)
        step_E = conjugate_gradients(times, -gradient_E, scaled, LEFT, MOST_PRODUCTS)
        return step_E, -0.5 * float(gradient_E @ step_E)

    def row_sums(self, weights_E: Array, rows: Rows, kind: Kind, facts: Facts) -> Arrays:
        """As Primal, without the matrix."""
        return row_sums(self._nystrom(facts), weights_E, rows, kind, matrix=False)

    def _nystrom(self, facts: Facts) -> Nystrom:
        space = self.goal(facts).space
        assert isinstance(space, Nystrom), "there are centres"
        return space
