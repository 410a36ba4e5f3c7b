"""What an algorithm is: replicated state, partitioned rows, a step. Knows nothing of workers, files or clusters.

    while not algorithm.is_done(state):
        state = algorithm.step(state, shards, team)

`step` is a thin adapter around pure functions: sums over a shard, and the next state from the sums over all shards.
Shapes: N rows of one shard, D features, K classes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.shuffle import Cells
from lsml_trainer.elastic.team import Arrays, Team

StateT = TypeVar("StateT")

Features: TypeAlias = NDArray[np.floating[Any]]
"""float32 or float64, as the source has them; sums over rows and states are float64. For whoever is a ReadsSparse
a scipy.sparse.csr_array may stand in its place.
"""
Labels: TypeAlias = NDArray[np.float64] | NDArray[np.int64]

CHUNK_BYTES = 4 << 20
"""Of the features of a chunk: small beside any memory, long beside what a chunk costs to begin."""


class Diverged(ArithmeticError):
    """The loss or the weights are not finite; the text says what to change."""


class Unsuitable(ValueError):
    """The data do not fit the algorithm (one class only, text where a number is needed); the text names the column."""


class UserCodeFailed(RuntimeError):
    """Code that the user brought raised something, its cause; the text says which code and what."""


class Rows(NamedTuple):
    """Some rows of a shard, in memory; N = 0 is allowed."""

    x_ND: Features
    """C-contiguous, finite, standardised if the specification says so."""
    y_N: Labels
    """The label, float64; for classification the index of the class, int64."""
    weight_N: NDArray[np.float64] | None = None
    """How much each row counts, at least 0; None: each counts once."""

    def at(self, which: NDArray[np.int64] | NDArray[np.bool_] | slice) -> "Rows":
        """These of the rows; views where it is a slice of dense ones."""
        return Rows(self.x_ND[which], self.y_N[which], None if self.weight_N is None else self.weight_N[which])


class Shard(Protocol):
    """One logical shard of the training rows, wherever they are: in memory, in files, or made when they are read."""

    @property
    def index(self) -> int:
        """Which of the job's shards."""
        ...

    @property
    def rows(self) -> int:
        """How many; 0 is allowed."""
        ...

    @property
    def cells(self) -> Cells | None:
        """The rows that are read together, a function of the shard alone; None where all are in memory."""
        ...

    def chunks(self) -> Iterator[Rows]:
        """All rows in their order, `chunk_rows` at a time; one empty chunk where there are none.

        Where chunks begin is a function of the shard alone, so that sums by chunks have the same bits wherever it is.
        """
        ...

    def take(self, which: NDArray[np.int64] | slice) -> Rows:
        """These rows, in this order; at least of a shard in memory a slice is a view."""
        ...


@dataclass(frozen=True)
class MemoryShard:
    """A Shard whose rows are in memory."""

    index: int
    x_ND: Features
    y_N: Labels
    weight_N: NDArray[np.float64] | None = None

    @property
    def rows(self) -> int:
        """As Shard."""
        return len(self.y_N)

    @property
    def cells(self) -> None:
        """As Shard."""
        return

    def chunks(self) -> Iterator[Rows]:
        """As Shard; views."""
        yield from map(self.take, slices(self.rows, chunk_rows(self.x_ND.shape[1], self.x_ND.itemsize)))

    def take(self, which: NDArray[np.int64] | slice) -> Rows:
        """As Shard."""
        weight_N = None if self.weight_N is None else self.weight_N[which]
        if isinstance(which, slice):
            return Rows(self.x_ND[which], self.y_N[which], weight_N)
        return Rows(self.x_ND.take(which, 0), self.y_N.take(which), weight_N)  # half the time of x[which]


def joined(parts: Sequence[Rows]) -> Rows:
    """The rows of all parts, one after the other; of one part itself."""
    if len(parts) == 1:
        return parts[0]
    weights = [part.weight_N for part in parts if part.weight_N is not None]
    return Rows(
        _stacked([part.x_ND for part in parts]),
        np.concatenate([part.y_N for part in parts]),
        np.concatenate(weights) if weights else None,
    )


def _stacked(parts: Sequence[Features]) -> Features:
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    from scipy.sparse import vstack  # noqa: PLC0415  (half a second, which only sparse rows need)

    rows: Features = vstack(parts, format="csr")
    return rows


def chunk_rows(features: int, item_bytes: int) -> int:
    """Rows of a chunk, the last one of a shard excepted."""
    return max(1, CHUNK_BYTES // (max(1, features) * item_bytes))


def slices(rows: int, step: int) -> Iterator[slice]:
    """So many rows at a time, the last ones excepted; an empty slice where there are none."""
    return (slice(begin, begin + step) for begin in range(0, max(1, rows), step))


@dataclass(frozen=True)
class Shape:
    """What every worker knows of all the training rows, whoever holds them."""

    rows: int
    features: int
    classes: int
    """0 for regression."""
    class_values: tuple[str | int, ...] = ()
    """The label's own values, in the order of their indices; a specification names classes by them."""
    sparse: bool = False
    """Whether the rows are CSR, for those that read them so."""


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

    def samples(self, state: StateT) -> int | None:
        """Training rows that its steps have consumed, for algorithms that count epochs."""
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


@runtime_checkable
class ReadsSparse(Protocol):
    """An Algorithm or a Predictor that says whether it takes CSR rows, too; one that does not say takes dense ones."""

    @property
    def reads_sparse(self) -> bool:
        """Whether it does."""
        ...


class Predictor(Protocol):
    """Built from the algorithm's part of the specification and the weights: the same in a job and on a laptop.

    One that gives probabilities is a Probabilistic as well; whoever needs them asks by isinstance.
    """

    def decision_function(self, x_ND: Features) -> NDArray[np.float64]:
        """Scores: (N,) for regression and two classes (positive: the second class), else (N, K)."""
        ...

    def predict(self, x_ND: Features) -> Labels:
        """(N,): the label, or the index of the class."""
        ...


@runtime_checkable
class Probabilistic(Protocol):
    """A Predictor that gives probabilities, too; one that cannot has no such method."""

    def probabilities(self, x_ND: Features) -> NDArray[np.float64]:
        """Of the classes, (N, K) with K > 1; each row sums to 1."""
        ...
