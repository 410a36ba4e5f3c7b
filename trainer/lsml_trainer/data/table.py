"""A table in memory: what every reader gives and `problem.py` takes. Knows nothing of where it came from."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Column: TypeAlias = NDArray[np.float64] | NDArray[np.float32] | NDArray[np.int64] | NDArray[np.str_]


@dataclass(frozen=True)
class Table:
    """Named columns of equal length."""

    source: str
    """What a person calls it in a sentence, such as builtin://iris."""
    columns: Mapping[str, Column]
    class_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For columns whose integers 0, 1, ... stand for something: what they stand for."""
    origins: tuple[tuple[str, int], ...] = ()
    """The files that the rows are from, and the number of the first row of each; none where they are from `source`."""
    skipped: int = 0
    """Rows of the source that were no rows of a table, and were left out."""
    numbers_N: NDArray[np.int64] | None = None
    """The number of each row in the source, from 0, where it is not its place here."""

    @property
    def rows(self) -> int:
        """How many."""
        return len(next(iter(self.columns.values())))

    def only(self, rows: NDArray[np.int64]) -> "Table":
        """These rows, in this order; they keep their numbers."""
        columns = {name: values[rows] for name, values in self.columns.items()}
        return replace(self, columns=columns, numbers_N=rows if self.numbers_N is None else self.numbers_N[rows])

    def part(self, begin: int, end: int) -> "Table":
        """The rows from `begin` to `end`: views; they keep their numbers."""
        columns = {name: values[begin:end] for name, values in self.columns.items()}
        numbers_N = None if self.numbers_N is None else self.numbers_N[begin:end]
        return replace(self, columns=columns, numbers_N=numbers_N)

    def place(self, row: int) -> tuple[str, int]:
        """Where a row is, as people count: the file, and its number there from 1; a header is none."""
        number = row if self.numbers_N is None else int(self.numbers_N[row])
        for source, first in reversed(self.origins):
            if number >= first:
                return source, number - first + 1
        return self.source, number + 1

    def digest(self) -> str:
        """sha256:HEX over the names, types and values of all columns, in order."""
        content = hashlib.sha256()
        for name, values in self.columns.items():
            content.update(f"{name}\0{values.dtype.str}\0{len(values)}\0".encode())
            content.update(np.ascontiguousarray(values).tobytes())
        return f"sha256:{content.hexdigest()}"
