"""Made rows: as many as one likes, from a seed, any range of them without the others. Nothing is stored.

Features are uniform with mean 0 and variance 1. w and v are vectors of standard normal numbers, drawn once.
    regression       y = w'x + 1/2 + noise * a standard normal number
    classification   y = argmax_k W_k'x; of the rows a share `noise` has a class that is drawn at random
    drifting         y = [cos(t) w'x + sin(t) v'x > 0], t from 0 at the first row to pi/2 at the last; noise as above
Blocks of rows have a generator each, Philox, that is keyed by (seed, block): Salmon et al., Parallel random numbers: as
easy as 1, 2, 3, SC 2011. Shapes: N rows of a block, D features, K classes.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.random import Generator, Philox
from numpy.typing import NDArray

from lsml_trainer.data.sources import block_rows
from lsml_trainer.data.table import Column, Table
from lsml_trainer.spec import Synthetic

LABEL = "target"
WEIGHTS_BLOCK = 2**63
"""The key of the weights: no row is in that block."""
HALF_WIDTH = 3.0**0.5  # of a uniform distribution of variance 1


@dataclass(frozen=True)
class SyntheticSource:
    """A Source of what the specification describes."""

    spec: Synthetic
    skipped: int = 0
    """As Source."""

    @property
    def head(self) -> Table:
        """As Source."""
        return self._table(np.empty((0, self.spec.features), np.float32), self._no_labels(), 0)

    @property
    def rows(self) -> int:
        """As Source."""
        return self.spec.rows

    @property
    def digest(self) -> str:
        """Of the description, which says all of the data."""
        return f"sha256:{hashlib.sha256(repr(self.spec).encode()).hexdigest()}"

    def read(self, begin: int, end: int) -> Iterator[Table]:
        """As Source."""
        for block in range(begin // self._block_rows, -(-end // self._block_rows)):
            first = block * self._block_rows
            yield self._block(block, first).part(max(0, begin - first), min(self._block_rows, end - first))

    @cached_property
    def _block_rows(self) -> int:
        return block_rows(self.spec.features, 4)

    @cached_property
    def _weights(self) -> NDArray[np.float32]:
        """(K, D) of a classification, (1, D) of a regression, (2, D) of what drifts."""
        outputs = {"classification": self.spec.classes, "drifting": 2, "regression": 1}[self.spec.kind]
        return self._random(WEIGHTS_BLOCK).standard_normal((outputs, self.spec.features), dtype=np.float32)

    def _random(self, block: int) -> Generator:
        return Generator(Philox(key=np.array([self.spec.seed, block], dtype=np.uint64)))

    def _block(self, block: int, first: int) -> Table:
        """All rows of a block, also those after the last one: their numbers must not depend on how many there are."""
        random = self._random(block)
        x_ND = random.random((self._block_rows, self.spec.features), dtype=np.float32)
        x_ND -= np.float32(0.5)
        x_ND *= np.float32(2.0 * HALF_WIDTH)
        return self._table(x_ND, self._labels(x_ND, first, random), first)

    def _labels(self, x_ND: NDArray[np.float32], first: int, random: Generator) -> Column:
        score_NK = x_ND @ self._weights.T
        rows = len(x_ND)
        if self.spec.kind == "regression":
            noise_N = random.standard_normal(rows)
            return np.asarray(score_NK[:, 0] + 0.5 + self.spec.noise * noise_N, dtype=np.float64)
        if self.spec.kind == "drifting":
            angle_N = np.arange(first, first + rows) * (np.pi / 2 / max(1, self.spec.rows - 1))
            class_N = (np.cos(angle_N) * score_NK[:, 0] + np.sin(angle_N) * score_NK[:, 1] > 0).astype(np.int64)
        else:
            class_N = score_NK.argmax(axis=1).astype(np.int64)
        drawn_N = random.integers(0, self.spec.classes, rows)
        return np.where(random.random(rows) < self.spec.noise, drawn_N, class_N)

    def _no_labels(self) -> Column:
        return np.empty(0) if self.spec.kind == "regression" else np.empty(0, np.int64)

    def _table(self, x_ND: NDArray[np.float32], label_N: Any, first: int) -> Table:
        columns: dict[str, Column] = {f"f{index}": x_ND[:, index] for index in range(self.spec.features)}
        numbers_N = np.arange(first, first + len(x_ND))
        return Table(f"synthetic {self.spec.kind}", {**columns, LABEL: label_N}, numbers_N=numbers_N)
