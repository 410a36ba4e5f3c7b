"""What an algorithm is: replicated state, partitioned rows, a step. Knows nothing of workers, files or clusters.

    while not algorithm.is_done(state):
        state = algorithm.step(state, shards, team)

`step` is a thin adapter around pure functions: sums over a shard, and the next state from the sums over all shards.
Shapes: N rows of one shard, D features, K classes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.elastic.team import Arrays, Team

StateT = TypeVar("StateT")


class Diverged(ArithmeticError):
    """The loss or the weights are not finite; the text says what to change."""


class Unsuitable(ValueError):
    """The data do not fit the algorithm (one class only, text where a number is needed); the text names the column."""


@dataclass(frozen=True)
class Shard:
    """The rows of one logical shard; N = 0 is allowed."""

    index: int
    x_ND: NDArray[np.float64]
    """C-contiguous, finite, standardised if the specification says so."""
    y_N: NDArray[np.float64] | NDArray[np.int64]
    """The label, float64; for classification the index of the class, int64."""


@dataclass(frozen=True)
class Shape:
    """What every worker knows of all the training rows, whoever holds them."""

    rows: int
    features: int
    classes: int
    """0 for regression."""


class Algorithm(Protocol[StateT]):
    """Built from its part of the specification, the Shape and the job's seed; holds no other state of its own.

    A state is immutable and the same on every worker. All raise Diverged rather than give a state that is not finite.
    """

    def start(self, shards: Sequence[Shard], team: Team) -> StateT:
        """The state before the first step."""
        ...

    def step(self, state: StateT, shards: Sequence[Shard], team: Team) -> StateT:
        """The next state."""
        ...

    def is_done(self, state: StateT) -> bool:
        """Whether there is nothing left to do."""
        ...

    def steps(self, state: StateT) -> tuple[int, int | None]:
        """Steps done, and steps to do in all where that is known."""
        ...

    def epoch(self, state: StateT) -> int | None:
        """Passes over the rows that are done, for algorithms that count them."""
        ...

    def rows_per_step(self) -> float:
        """Training rows that a step reads, over all workers."""
        ...

    def metrics(self, state: StateT) -> Mapping[str, float]:
        """The last values, `loss` first; costs nothing (computed by the step)."""
        ...

    def dump(self, state: StateT) -> Arrays:
        """The state as named arrays; `load(dump(state))` goes on bit for bit as `state` would have."""
        ...

    def load(self, arrays: Arrays) -> StateT:
        """The state that `dump` gave."""
        ...

    def weights(self, state: StateT, shards: Sequence[Shard], team: Team) -> Arrays:
        """What prediction needs, as named arrays: the content of `weights.safetensors`."""
        ...


class Predictor(Protocol):
    """Built from the algorithm's part of the specification and the weights: the same in a job and on a laptop."""

    def decision_function(self, x_ND: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scores: (N,) for regression and two classes (positive: the second class), else (N, K)."""
        ...

    def predict(self, x_ND: NDArray[np.float64]) -> NDArray[np.float64] | NDArray[np.int64]:
        """(N,): the label, or the index of the class."""
        ...
