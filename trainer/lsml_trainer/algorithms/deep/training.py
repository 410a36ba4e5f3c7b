"""Training a network: replicated variables, partitioned rows, a step. Knows nothing of workers, files or clusters.

A step is the gradient of the mean loss over exactly its rows, weighted where they have weights, summed shard by shard
over the team, and one update of the optimizer. What a shard computes is the same whoever holds it, so the sum has the
same bits for every distribution of the shards.
Shapes: N rows of one shard in one step, D features, P weights.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Diverged, Shape, Shard, Unsuitable
from lsml_trainer.algorithms.batches import Batches
from lsml_trainer.algorithms.cores import Cores
from lsml_trainer.algorithms.deep.early_stopping import Watched, after_epoch
from lsml_trainer.algorithms.deep.learner import Floats, Learner, Piece
from lsml_trainer.algorithms.deep.schedules import factor_of
from lsml_trainer.algorithms.merged import members, take_each
from lsml_trainer.algorithms.validation import Validation, drawn
from lsml_trainer.algorithms.weighting import class_weights, total_weight, weighted
from lsml_trainer.elastic.team import Arrays, Team, add
from lsml_trainer.spec.deep_learning import DeepLearning

FRACTION = "deepLearning.earlyStopping.validationFraction"
VALIDATION_ROWS = 256
"""Go through the network together, and more where a step has more."""
BLAS_BLOCK = 8192
"""OpenBLAS takes one thread for a dot product of up to 10,000 numbers."""


@dataclass(frozen=True, eq=False)
class State:
    """Where the training stands. Its arrays are never written to."""

    step: int
    loss: float
    """Of the last step, before its update."""
    shard_rows: tuple[int, ...]
    """Rows of every shard of the job."""
    variables: Any
    """The learner's."""
    class_weight_K: NDArray[np.float64]
    """Empty where all count the same."""
    watched: Watched
    """By the early stopping."""


def output_size(config: DeepLearning, shape: Shape) -> int:
    """Outputs of the network: one a class, or one. Raises Unsuitable if the loss and the label do not fit."""
    if not config.learns_classes:
        if shape.classes:
            raise Unsuitable(
                f"deepLearning.loss {config.loss} learns a number, but the label has classes; set loss: cross_entropy"
            )
        return 1
    if shape.classes < 2:
        label = "has one class only" if shape.classes else "is a number; set loss: mse"
        raise Unsuitable(f"deepLearning.loss {config.loss} needs two classes or more, but the label {label}")
    if config.loss == "cross_entropy":
        return shape.classes
    if shape.classes > 2:
        raise Unsuitable(
            f"deepLearning.loss {config.loss} learns two classes, the label has {shape.classes}; set "
            "loss: cross_entropy"
        )
    return 1


class DeepLearningAlgorithm:
    """An Algorithm; what it keeps beside its arguments are the current epoch's shuffles, which it can make again."""

    def __init__(self, config: DeepLearning, learner: Learner[Any], shape: Shape, seed: int) -> None:
        """Raises Unsuitable where early stopping leaves no row to train on."""
        self._config, self._learner, self._shape = config, learner, shape
        stopping, rows = config.early_stopping, shape.rows
        self._validation = Validation(seed, stopping.validation_fraction, rows, FRACTION) if stopping else None
        self._rows = rows - (self._validation.rows if self._validation else 0)
        self._batches = Batches(seed, config.batch_size, self._rows)
        self._steps = config.epochs * self._batches.epoch_steps
        self._factor = factor_of(config.schedule, config.warmup_steps, self._steps, self._batches.epoch_steps)

    def start(self, shards: Sequence[Shard], team: Team) -> State:
        """The first weights, a function of the seed; every worker learns how long the shards are."""
        sizes = team.gather([{"rows": np.array([float(shard.rows)])} for shard in shards])
        shard_rows = tuple(int(size["rows"][0]) for size in sizes)
        assert sum(shard_rows) == self._shape.rows, f"shards {shard_rows} hold {self._shape.rows} rows"

        def agree(mine: Arrays) -> Arrays:
            """What the worker with shard 0 has."""
            shares = [{name: array * (shard.index == 0) for name, array in mine.items()} for shard in shards]
            return team.total(shares)

        asked = self._config.class_weight
        class_weight_K = class_weights(asked, self._shape, shards, team, Cores(), "deepLearning")
        return State(0, math.nan, shard_rows, self._learner.start(agree), class_weight_K, Watched())

    def step(self, state: State, shards: Sequence[Shard], team: Team) -> State:
        """The next state. Raises Diverged."""
        with np.errstate(all="ignore"):  # what is not finite is found, and said, at the end
            following = self._next(state, team.total(self._parts(state, shards)))
            stopping = self._config.early_stopping
            if stopping is None or following.step % self._batches.epoch_steps:
                return following
            total = team.total([self._validated(following, shard) for shard in shards])
            loss = float(total["loss"][0] / total["weight"][0]) if total["weight"][0] > 0 else math.inf
            best = lambda: self._learner.weights(following.variables)  # noqa: E731  (made only where it is kept)
            return replace(following, watched=after_epoch(state.watched, loss, best, stopping))

    def _parts(self, state: State, shards: Sequence[Shard]) -> list[Arrays]:
        """Each shard's share of the step: its loss, gradient, and the weight of its rows."""
        sums: dict[int, Arrays] = {}
        for piece, part in self._learner.parts(state.variables, self._pieces(state, shards)):
            first, weighed = piece.places[0][0], {**part, "weight": np.array([piece.weight])}
            sums[first] = add(sums[first], weighed) if first in sums else weighed
        if len(sums) == len(shards):
            return list(sums.values())
        nothing = {**self._learner.no_rows(state.variables), "weight": np.zeros(1)}
        return [sums.get(shard.index, nothing) for shard in shards]

    def _pieces(self, state: State, shards: Sequence[Shard]) -> Iterator[Piece]:
        """What of each shard goes through the network together, shard by shard; none without rows."""
        count = self._config.accumulation_steps
        for shard in shards:
            rows = [self._drawn(state, member) for member in members(shard)]
            pieces = zip(*(np.array_split(rows_N, count) for rows_N in rows), strict=True) if count > 1 else (rows,)
            for index, piece in enumerate(pieces):
                if any(map(len, piece)):
                    yield self._piece(state, shard, index, piece)

    def _drawn(self, state: State, shard: Shard) -> NDArray[np.int64]:
        assert shard.rows == state.shard_rows[shard.index], f"shard {shard.index} has changed its rows"
        return drawn(self._batches, self._validation, state.step, shard, state.shard_rows)

    def _piece(self, state: State, shard: Shard, index: int, row_MN: Sequence[NDArray[np.int64]]) -> Piece:
        x_ND, y_N, weight_N = weighted(take_each(shard, row_MN), state.class_weight_K)
        places = tuple((member.index, len(row_N)) for member, row_N in zip(members(shard), row_MN, strict=True))
        step_rows = self._batches.rows(state.step)
        share_N = 1 / step_rows if weight_N is None else (weight_N / step_rows).astype(np.float32)
        weight = float(len(y_N) if weight_N is None else weight_N.sum())
        return Piece(x_ND, y_N, share_N, len(y_N) / step_rows, state.step, places, index, weight)

    def _validated(self, state: State, shard: Shard) -> Arrays:
        """The losses of the shard's rows that judge, summed, and the weight of these rows."""
        assert self._validation is not None, "asked only where rows judge"
        step = max(VALIDATION_ROWS, self._config.batch_size // self._config.accumulation_steps)
        loss = weight = 0.0
        for held in self._validation.held(shard, state.shard_rows, step):
            rows = weighted(held, state.class_weight_K)
            losses_N = self._learner.losses(state.variables, rows.x_ND, rows.y_N)
            loss += float(losses_N.sum() if rows.weight_N is None else losses_N @ rows.weight_N)
            weight += float(total_weight(rows)[0])
        return {"loss": np.array([loss]), "weight": np.array([weight])}

    def _next(self, state: State, total: Arrays) -> State:
        weight = float(total["weight"][0])
        scale = self._batches.rows(state.step) / weight if weight > 0 else 0.0  # 1 where each row counts once
        loss, gradient_P = float(total["loss"][0]) * scale, total["gradient"]
        if scale != 1.0:
            gradient_P = gradient_P * scale
        squares = float(np.float32(squared_norm(gradient_P)))
        if not math.isfinite(squares) and (again := self._learner.overflowed(state.variables)) is not None:
            return replace(state, step=state.step + 1, variables=again)
        self._check("loss", loss, state.step)
        self._check("squared norm of the gradient", squares, state.step)
        short_P = clipped(gradient_P, math.sqrt(squares), self._config.max_grad_norm)
        variables = self._learner.next(state.variables, total, short_P, state.step, self._factor(state.step))
        self._check("squared norm of the weights", self._learner.squared_norm(variables), state.step)
        return replace(state, step=state.step + 1, loss=loss, variables=variables)

    def _check(self, what: str, value: float, step: int) -> None:
        """Raises Diverged unless the value is finite; squares in float32 also end where Adam's would overflow."""
        if not math.isfinite(value):
            rate = f"deepLearning.optimizer.{self._config.optimizer.learning_rate_field}"
            raise Diverged(f"the {what} is {value} at step {step + 1}; lower {rate}, or standardize the data")

    def is_done(self, state: State) -> bool:
        """Whether every epoch is done, or too many have brought nothing."""
        stopping = self._config.early_stopping
        return state.step >= self._steps or (stopping is not None and state.watched.waited >= stopping.patience)

    def steps(self, state: State) -> tuple[int, int | None]:
        """Steps done, and steps to do in all."""
        return state.step, self._steps

    def epoch(self, state: State) -> int | None:
        """Passes over the rows that are done."""
        return state.step // self._batches.epoch_steps

    def samples(self, state: State) -> int | None:
        """Of all epochs, each row once in each."""
        return self._batches.rows_before(state.step)

    def rows_per_step(self) -> float:
        """Mean over the steps of an epoch."""
        return self._rows / self._batches.epoch_steps

    def metrics(self, state: State) -> Mapping[str, float]:
        """The loss of the last step, nothing before the first; with early stopping that of the rows that judge, too."""
        watched = {} if math.isnan(state.watched.loss) else {"validation_loss": state.watched.loss}
        return {"loss": state.loss, **watched} if state.step else {}

    def dump(self, state: State) -> Arrays:
        """The state as named arrays."""
        return {
            "step": np.array([float(state.step)]),
            "loss": np.array([state.loss]),
            "shard_rows": np.array(state.shard_rows, np.float64),
            "class_weight": state.class_weight_K,
            **state.watched.dump(),
            **self._learner.dump(state.variables),
        }

    def load(self, arrays: Arrays) -> State:
        """The state that `dump` gave."""
        return State(
            int(arrays["step"][0]),
            float(arrays["loss"][0]),
            tuple(int(rows) for rows in arrays["shard_rows"]),
            self._learner.load(arrays),
            arrays["class_weight"],
            Watched.load(arrays),
        )

    def weights(self, state: State, shards: Sequence[Shard], team: Team) -> Arrays:
        """The learner's; after early stopping those of the best epoch, unless the specification wants the last."""
        return state.watched.weights or self._learner.weights(state.variables)


def squared_norm(vector_P: Floats) -> float:
    """The sum of squares, in blocks that BLAS leaves to the calling thread.

    A longer vector it would share with threads of its own, which then spin for milliseconds on the cores that torch's
    threads need: measured, twice the time of a user's module's step on two cores.
    """
    if len(vector_P) <= BLAS_BLOCK:
        return float(vector_P.dot(vector_P))
    end = len(vector_P) - len(vector_P) % BLAS_BLOCK
    whole, rest_P = vector_P[:end].reshape(-1, BLAS_BLOCK), vector_P[end:]
    return float(np.vecdot(whole, whole).sum() + rest_P.dot(rest_P))


def clipped(gradient_P: Floats, norm: float, most: float | None) -> Floats:
    """The gradient, shortened to the norm `most` where it is longer; as torch.nn.utils.clip_grad_norm_."""
    return gradient_P if most is None or norm <= most else gradient_P * (most / (norm + 1e-6))
