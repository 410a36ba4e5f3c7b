"""Steps of stochastic gradient descent, the judging after each epoch, and what a state tells."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np

from lsml_trainer.algorithms.base import Diverged, Rows, Shape, Shard, Unsuitable
from lsml_trainer.algorithms.batches import Batches
from lsml_trainer.algorithms.cores import Cores
from lsml_trainer.algorithms.linear import Array, Separate, named_weights, row_sums
from lsml_trainer.algorithms.merged import members, take_each
from lsml_trainer.algorithms.penalties import Ledger, penalty_of
from lsml_trainer.algorithms.schedules import after_epoch, after_step, first_pace, rates
from lsml_trainer.algorithms.sgd.state import State, dumped, loaded
from lsml_trainer.algorithms.validation import Validation, drawn, judged_sums, label_sums, score, spread_sums
from lsml_trainer.algorithms.weighting import class_weights, mean_weight, weighted
from lsml_trainer.elastic.team import Arrays, Team, summed
from lsml_trainer.spec import Sgd


class StochasticDescent:
    """An Algorithm; what it keeps beside its arguments are the current epoch's shuffles, which it can make again."""

    reads_sparse: ClassVar[bool] = True

    def __init__(self, config: Sgd, shape: Shape, objective: Separate, seed: int) -> None:
        self.config = config
        self.shape = shape
        self.objective = objective
        self.cores = Cores()
        self._penalty = penalty_of(config)
        self._validation = (
            Validation(seed, config.validation_fraction, shape.rows, "sgd.validationFraction")
            if config.early_stopping
            else None
        )
        self._rows = shape.rows - (self._validation.rows if self._validation else 0)
        self._batches = Batches(seed, config.batch_size, self._rows)

    def start(self, shards: Sequence[Shard], team: Team) -> State:
        """All weights 0; every worker learns how long the shards are."""
        sizes = team.gather([{"rows": np.array([float(shard.rows)])} for shard in shards])
        outputs, features = self.objective.outputs, self.shape.features
        zeros_KE, zeros_K = np.zeros((outputs, features + 1)), np.zeros(outputs)
        class_weight_K = class_weights(self.config.class_weight, self.shape, shards, team, self.cores)
        first = State(
            step=0,
            shard_rows=tuple(int(size["rows"][0]) for size in sizes),
            weights_KE=zeros_KE,
            average_KE=zeros_KE,
            ledger=Ledger(zeros_K, zeros_KE[:, :-1]),
            pace=first_pace(self.config.learning_rate.eta0, outputs),
            class_weight_K=class_weight_K,
            mean_weight=mean_weight(self.shape, class_weight_K, shards, team, self.cores),
        )
        return self._with_judges(first, shards, team) if self._validation else first

    def _with_judges(self, state: State, shards: Sequence[Shard], team: Team) -> State:
        """What scores need to know of the rows that judge. Raises Unsuitable where none of them counts."""
        of_labels = self._over_judges(state, shards, team, label_sums)
        weight = float(of_labels["weight"][0])
        if weight <= 0.0:
            raise Unsuitable("no row of sgd.validationFraction has a weight; raise it, or take earlyStopping out")
        if self.objective.loss.learns_classes:
            return replace(state, held_weight=weight)
        mean = float(of_labels["label"][0]) / weight
        spread = self._over_judges(state, shards, team, lambda rows: spread_sums(rows, mean))["spread"]
        return replace(state, held_weight=weight, held_spread=float(spread[0]))

    def _over_judges(self, state: State, shards: Sequence[Shard], team: Team, work: Callable[[Rows], Arrays]) -> Arrays:
        """The sums over the rows of all shards that judge."""
        assert self._validation is not None, "asked only where rows judge"
        held = self._validation.held
        return team.total([summed(work(rows) for rows in held(shard, state.shard_rows)) for shard in shards])

    def step(self, state: State, shards: Sequence[Shard], team: Team) -> State:
        """One batch, or several of an epoch."""
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is told below, in a sentence
            following = self._advanced(state, shards, team)
            if following.step % self._batches.epoch_steps == 0:
                scores_K = self._scores(following, shards, team)
                following = replace(following, pace=after_epoch(self.config, following.pace, scores_K))
        if np.isfinite(following.pace.sum_K).all() and np.isfinite(following.weights_KE).all():
            return following
        raise Diverged(
            f"the loss or the weights are not finite at step {following.step}; lower sgd.learningRate.eta0 "
            f"(now {self.config.learning_rate.eta0:g}), or set data.standardize: true"
        )

    def _advanced(self, state: State, shards: Sequence[Shard], team: Team) -> State:
        """The state after one batch."""
        parts = [row_sums(state.weights_KE, self._taken(state, shard, 1), self.objective) for shard in shards]
        return self._next(state, team.total(parts))

    def _taken(self, state: State, shard: Shard, steps: int) -> Rows:
        """What a shard gives to the next steps, all of one epoch, in their order; a merged one by member."""
        batches, judges = self._batches, self._validation
        row_MN = [drawn(batches, judges, state.step, one, state.shard_rows, steps) for one in members(shard)]
        return weighted(take_each(shard, row_MN), state.class_weight_K)

    def _train_rows(self, state: State) -> tuple[int, ...]:
        """How many rows of each shard are for the steps."""
        return self._validation.train_rows(state.shard_rows) if self._validation else state.shard_rows

    def _next(self, state: State, total: Arrays) -> State:
        t, rows, penalty = state.step + 1, self._batches.rows(state.step), self._penalty
        counted = rows * state.mean_weight
        rates_K = np.where(state.pace.stopped_K > 0.0, 0.0, rates(self.config, state.pace, t))
        moved_KE = penalty.decayed(state.weights_KE, rates_K) - rates_K[:, None] * (total["gradient"] / counted)
        weights_KE, ledger = penalty.truncated(moved_KE, state.ledger, rates_K)
        average_KE = state.average_KE
        if self.config.average:
            newest_K1 = np.where(state.pace.stopped_K > 0.0, 0.0, 1.0 / t)[:, None]
            average_KE = average_KE + (weights_KE - average_KE) * newest_K1
        objective_K = total["loss"] / state.mean_weight + rows * penalty.value(state.weights_KE)
        pace = after_step(state.pace, objective_K, rows)
        return replace(state, step=t, weights_KE=weights_KE, average_KE=average_KE, ledger=ledger, pace=pace)

    def _scores(self, state: State, shards: Sequence[Shard], team: Team) -> Array | None:
        """Of each output, by the rows that judge; None where there are none."""
        if self._validation is None:
            return None
        judged = self._over_judges(
            state, shards, team, lambda rows: judged_sums(state.weights_KE, rows, self.objective)
        )["judged"]
        learns_classes = self.objective.loss.learns_classes
        return score(judged, state.held_weight, state.held_spread, learns_classes=learns_classes)

    def is_done(self, state: State) -> bool:
        """Every epoch is done, or every output has stopped."""
        return state.step >= self.config.epochs * self._batches.epoch_steps or bool(state.pace.stopped_K.all())

    def steps(self, state: State) -> tuple[int, int | None]:
        """Batches."""
        return state.step, state.step if self.is_done(state) else self.config.epochs * self._batches.epoch_steps

    def epoch(self, state: State) -> int | None:
        """Whole passes over the rows."""
        return state.step // self._batches.epoch_steps

    def samples(self, state: State) -> int | None:
        """Of all epochs, each row once in each."""
        return self._batches.rows_before(state.step)

    def rows_per_step(self) -> float:
        """The mean over an epoch."""
        return self._rows / self._batches.epoch_steps

    def metrics(self, state: State) -> Mapping[str, float]:
        """The objective, penalty included, and the score, as `Pace` has them."""
        score = state.pace.score
        return {"loss": state.pace.loss} | ({} if np.isnan(score) else {"validationScore": score})

    def dump(self, state: State) -> Arrays:
        """As Algorithm."""
        return dumped(state)

    def load(self, arrays: Arrays) -> State:
        """As Algorithm."""
        return loaded(arrays)

    def weights(self, state: State, shards: Sequence[Shard], team: Team) -> Arrays:
        """coef (K, D) and intercept (K,), averaged if the specification says so."""
        return named_weights(state.average_KE if self.config.average else state.weights_KE)
