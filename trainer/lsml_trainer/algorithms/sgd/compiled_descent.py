"""Stochastic gradient descent of many steps: the same steps, by compiled loops (`steps.py`)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np

from lsml_trainer.algorithms.base import Features, Rows, Shard, joined
from lsml_trainer.algorithms.compiled_losses import CODES
from lsml_trainer.algorithms.fused import NO_WEIGHTS
from lsml_trainer.algorithms.linear import Array
from lsml_trainer.algorithms.merged import members
from lsml_trainer.algorithms.penalties import Ledger
from lsml_trainer.algorithms.schedules import with_sum
from lsml_trainer.algorithms.sgd.descent import StochasticDescent
from lsml_trainer.algorithms.sgd.state import State
from lsml_trainer.algorithms.sgd.steps import SCHEDULES, Fixed, Moving, Numbers, add_part, move, run
from lsml_trainer.elastic.team import Arrays, Team

RUN_BYTES = 1 << 21
"""Of the features that are taken at once: they are in the cache when their steps come."""


class CompiledDescent(StochasticDescent):
    """As StochasticDescent, to rounding; a worker alone takes a run of batches at once, with the bits of a team."""

    reads_sparse: ClassVar[bool] = False

    def _advanced(self, state: State, shards: Sequence[Shard], team: Team) -> State:
        fixed, at = self._fixed(state), _moving(state)
        if team.size > 1:
            steps = 1
            parts = [self._part(fixed, state, shard) for shard in shards]
            move(fixed, state.step + 1, self._batches.rows(state.step), team.total(parts)["part"], at)
        else:
            steps = self._run_steps(state)
            self._run(fixed, state, shards, steps, at)
        rows = sum(self._batches.rows(state.step + s) for s in range(steps))
        return replace(
            state,
            step=state.step + steps,
            weights_KE=at.weights_KE,
            average_KE=at.average_KE,
            ledger=Ledger(at.due_K, at.paid_KD),
            pace=with_sum(state.pace, at.sum_K, rows),
        )

    def _run_steps(self, state: State) -> int:
        """How many steps' rows are taken at once; none of another epoch."""
        fits = RUN_BYTES // (4 * self.config.batch_size * max(1, self.shape.features))
        left = self._batches.epoch_steps - state.step % self._batches.epoch_steps
        return max(1, min(fits, left))

    def _run(self, fixed: Fixed, state: State, shards: Sequence[Shard], steps: int, at: Moving) -> None:
        edges_SL = self._batches.edges(state.step, steps, self._train_rows(state))
        begins_L = np.concatenate([[0], np.cumsum(edges_SL[-1] - edges_SL[0])[:-1]])
        places_SL: Numbers = edges_SL - edges_SL[0] + begins_L
        taken = joined([self._taken(state, member, steps) for shard in shards for member in members(shard)])
        rows_S = np.diff(edges_SL.sum(axis=1))
        run(fixed, state.step, *_arrays(taken), places_SL[:-1], places_SL[1:], rows_S, at)

    def _part(self, fixed: Fixed, state: State, shard: Shard) -> Arrays:
        taken = self._taken(state, shard, 1)
        part_KF = np.empty((len(state.weights_KE), state.weights_KE.shape[1] + 1))
        add_part(fixed, *_arrays(taken), 0, len(taken.y_N), state.weights_KE, part_KF)
        return {"part": part_KF}

    def _fixed(self, state: State) -> Fixed:
        config, schedule = self.config, self.config.learning_rate
        return Fixed(
            CODES[config.loss],
            config.epsilon,
            self.objective.loss.learns_classes,
            self._penalty.alpha,
            self._penalty.l1_ratio,
            SCHEDULES[schedule.schedule],
            schedule.eta0,
            schedule.power_t,
            config.average,
            state.mean_weight,
        )


def _moving(state: State) -> Moving:
    """Copies."""
    pace, ledger = state.pace, state.ledger
    arrays = state.weights_KE, state.average_KE, ledger.due_K, ledger.paid_KD, pace.sum_K, pace.rates_K, pace.stopped_K
    return Moving(*(np.array(array) for array in arrays))


def _arrays(rows: Rows) -> tuple[Features, Array, Array]:
    weight_N = NO_WEIGHTS if rows.weight_N is None else rows.weight_N
    return rows.x_ND, rows.y_N.astype(np.float64, copy=False), weight_N
