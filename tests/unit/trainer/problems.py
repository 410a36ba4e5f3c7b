"""Small problems with their shards, for tests of the trainer."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms import create
from lsml_trainer.algorithms.base import Algorithm, MemoryShard, Shape
from lsml_trainer.elastic.team import Arrays, Solo, tree_sum
from lsml_trainer.spec import TrainingSpec, parse

Array = NDArray[Any]


def training(algorithm: dict[str, Any], seed: int = 0, **data: Any) -> TrainingSpec:
    """A specification; the data are iris unless said otherwise."""
    document = {"algorithm": algorithm, "data": {"train": {"uri": "builtin://iris"}, **data}, "seed": seed}
    return parse(TrainingSpec, document)


def blobs(classes: int, rows: int = 48, features: int = 3, seed: int = 1) -> tuple[Array, Array]:
    """Overlapping clouds of points, one a class, in a shuffled order."""
    random = np.random.default_rng(seed)
    y_N = np.arange(rows) % classes
    x_ND = random.normal(size=(rows, features)) + 1.5 * random.normal(size=(classes, features))[y_N]
    return np.ascontiguousarray(x_ND), y_N.astype(np.int64)


def line(rows: int = 48, features: int = 3, noise: float = 0.1, seed: int = 1) -> tuple[Array, Array]:
    """A linear function with noise."""
    random = np.random.default_rng(seed)
    x_ND = random.normal(size=(rows, features))
    return x_ND, x_ND @ np.arange(1.0, features + 1) + 0.5 + noise * random.normal(size=rows)


def cut(x_ND: Array, y_N: Array, cuts: Sequence[int] = (), weight_N: Array | None = None) -> tuple[MemoryShard, ...]:
    """Shards that end at the given rows."""
    arrays = [x_ND, y_N] if weight_N is None else [x_ND, y_N, weight_N]
    parts = zip(*(np.split(array, cuts) for array in arrays), strict=True)
    return tuple(MemoryShard(index, np.ascontiguousarray(x), *rest) for index, (x, *rest) in enumerate(parts))


def build(spec: TrainingSpec, x_ND: Array, y_N: Array) -> Algorithm[Any]:
    """The algorithm of a specification for these rows."""
    classes = len(np.unique(y_N)) if y_N.dtype == np.int64 else 0
    return create(spec, Shape(*x_ND.shape, classes, tuple(range(classes))))


def trained(
    spec: TrainingSpec, x_ND: Array, y_N: Array, cuts: Sequence[int] = (), weight_N: Array | None = None
) -> dict[str, Array]:
    """The weights at the end."""
    algorithm, shards, team = build(spec, x_ND, y_N), cut(x_ND, y_N, cuts, weight_N), Solo()
    state = algorithm.start(shards, team)
    while not algorithm.is_done(state):
        state = algorithm.step(state, shards, team)
    return dict(algorithm.weights(state, shards, team))


class Exchange:
    """Two workers in lock step, each in its thread; what they exchange is put together in the shards' order."""

    def together(self, works: list[Any]) -> list[Any]:
        barrier, parts = Barrier(len(works)), [()] * len(works)

        class Member:
            size = 2

            def __init__(self, rank: int) -> None:
                self.rank = rank

            def gather(self, mine: Sequence[Arrays]) -> Sequence[Arrays]:
                parts[self.rank] = tuple(mine)
                barrier.wait(60)
                everything = [part for of_worker in parts for part in of_worker]
                barrier.wait(60)
                return everything

            def total(self, mine: Sequence[Arrays]) -> Arrays:
                return tree_sum(self.gather(mine))

        with ThreadPoolExecutor(len(works)) as pool:
            return list(pool.map(lambda item: item[1](Member(item[0])), enumerate(works)))
