"""The linear machine in the primal on CSR rows: Newton's steps by conjugate gradients, without a matrix.

    F''(w) v = v + C A' diag(curve) A v        A = [x, 1]; v without its intercept where it stands alone

A product is a pass over the rows that bend, of their entries only, so that an iteration takes memory and time as the
entries of the rows do, whatever the number of features. All else is `primal.py`.
Source: Keerthi and DeCoste, A modified finite Newton method for fast solution of large scale linear SVMs, JMLR 6, 2005;
Lin, Weng and Keerthi, Trust region Newton method for large-scale logistic regression, JMLR 9, 2008; Chapelle, as there.
Shapes as in `sparse_pass.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lsml_trainer.algorithms.base import Rows, Shard
from lsml_trainer.algorithms.passes import shard_sums
from lsml_trainer.algorithms.svm.conjugate import conjugate_gradients
from lsml_trainer.algorithms.svm.primal import Primal
from lsml_trainer.algorithms.svm.primal_state import Array, Facts, State
from lsml_trainer.algorithms.svm.primal_sums import Kind
from lsml_trainer.algorithms.svm.sparse_pass import curved, diagonal, passed
from lsml_trainer.data.sparse_shard import SparseShard
from lsml_trainer.elastic.team import Arrays, Team

LEFT = 0.1  # of the gradient: what a step may leave, as liblinear's
MOST_PRODUCTS = 1000


@dataclass
class SparsePrimal(Primal):
    """Classification and regression with a linear kernel, of rows that are CSR."""

    reads_sparse: ClassVar[bool] = True

    def newton(self, state: State, shards: Sequence[Shard], team: Team) -> tuple[Array, float]:
        """As Primal, but for LEFT of it."""
        goal = self.goal(state.facts)
        C = goal.cost(state)
        bent = [self._bent(state, shard) for shard in shards]
        second_E = C * team.total(shard_sums(self.cores, bent, diagonal))["diagonal"]
        own_E = np.append(np.ones(self.shape.features), 0.0 if second_E[-1] > 0.0 else 1.0)  # no row bends: b is free

        def times(vector_E: Array) -> Array:
            parts = shard_sums(self.cores, bent, lambda rows: curved(rows, vector_E))
            product_E: Array = own_E * vector_E + C * team.total(parts)["product"]
            return product_E

        gradient_E = goal.gradient(state)
        diagonal_E = own_E + second_E
        step_E = conjugate_gradients(times, -gradient_E, lambda rest_E: rest_E / diagonal_E, LEFT, MOST_PRODUCTS)
        return step_E, -0.5 * float(gradient_E @ step_E)

    def row_sums(self, weights_E: Array, rows: Rows, kind: Kind, facts: Facts) -> Arrays:
        """As Primal, without the matrix."""
        del facts
        return passed(weights_E, rows, kind).sums

    def _bent(self, state: State, shard: Shard) -> SparseShard:
        """The rows whose loss bends, each as much as it does: a copy of their entries."""
        curve_N = np.concatenate([self._curve(state, rows) for rows in shard.chunks()])
        bent = np.flatnonzero(curve_N)
        rows = shard.take(bent)
        return SparseShard(shard.index, rows.x_ND, rows.y_N, curve_N[bent])

    def _curve(self, state: State, rows: Rows) -> Array:
        """Of each row of a chunk; 0 for those that a draft leaves out."""
        of_seen = passed(
            state.weights_E, self.seen(state, rows), self.goal(state.facts).kind(state, state.width)
        ).curve_N
        return np.pad(of_seen, (0, len(rows.y_N) - len(of_seen)))
