"""libsvm rows as they were read, entries only: as a table with its zeros, or as CSR. Shapes: N rows, D features."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from lsml_trainer.data.memory import available_bytes
from lsml_trainer.data.readers.libsvm import LABEL, SparseRows, as_whole, refuse_dense_width
from lsml_trainer.data.table import Column, Table
from lsml_trainer.errors import InvalidData

if TYPE_CHECKING:
    from scipy.sparse import csr_array  # half a second, which only sparse data need


@dataclass(frozen=True)
class SparseTable:
    """The rows of all parts, one after the other."""

    source: str
    parts: tuple[SparseRows, ...]
    features: int
    origins: tuple[tuple[str, int], ...]
    """As Table."""

    @property
    def rows(self) -> int:
        """N."""
        return sum(part.rows for part in self.parts)

    @property
    def skipped(self) -> int:
        """Lines that are no rows."""
        return sum(part.bad_lines for part in self.parts)

    @property
    def density(self) -> float:
        """The share of the cells that are written; 1 where there are none."""
        cells = self.rows * self.features
        return sum(len(part.value_Z) for part in self.parts) / cells if cells else 1.0

    @property
    def is_finite(self) -> bool:
        """Whether all labels and values are; 1e999 is none."""
        return all(np.isfinite(part.value_Z).all() and np.isfinite(part.label_N).all() for part in self.parts)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of the features."""
        return tuple(f"f{index + 1}" for index in range(self.features))

    def labels(self) -> Table:
        """The label, and the features without their rows."""
        nothing = np.empty(0)
        return self._table({LABEL: self._label_N(), **dict.fromkeys(self.names, nothing)})

    def dense(self) -> Table:
        """With all zeros; raises InvalidData where they do not fit into memory, or are more columns than can be."""
        refuse_dense_width(self.source, self.features)
        wanted, there = self.rows * self.features * 8, available_bytes()
        if wanted > there:
            raise InvalidData(
                f"{self.source} has {self.rows} rows of {self.features} features, {wanted / 1e9:.1f} GB when zeros are "
                f"written out, and {there / 1e9:.1f} GB are free; set data.memory to read them piece by piece"
            )
        x_ND = np.zeros((self.rows, self.features))
        begin = 0
        for part in self.parts:
            part.dense_into(x_ND[begin : begin + part.rows])
            begin += part.rows
        return self._table({LABEL: self._label_N(), **{name: x_ND[:, at] for at, name in enumerate(self.names)}})

    def csr(self, names: Sequence[str]) -> "csr_array":
        """These features of all rows, (N, D), float64."""
        from scipy.sparse import csr_array  # noqa: PLC0415  (half a second, which only sparse data need)

        value_Z = np.concatenate([part.value_Z for part in self.parts])
        column_Z = np.concatenate([part.index_Z for part in self.parts]) - 1
        entries_N = np.concatenate([np.diff(part.start_N) for part in self.parts])
        start_N = np.concatenate([[0], np.cumsum(entries_N)])
        x_ND = csr_array((value_Z, column_Z, start_N), shape=(self.rows, self.features))
        wanted = [int(name[1:]) - 1 for name in names]
        return x_ND if len(wanted) == self.features else x_ND[:, wanted]

    def digest(self) -> str:
        """sha256:HEX over the labels and the entries of all rows."""
        content = hashlib.sha256(f"{self.features}\0".encode())
        for arrays in zip(*((p.label_N, np.diff(p.start_N), p.index_Z, p.value_Z) for p in self.parts), strict=True):
            for array in arrays:
                content.update(array.tobytes())
            content.update(b"\0")
        return f"sha256:{content.hexdigest()}"

    def _label_N(self) -> Column:
        return as_whole(np.concatenate([part.label_N for part in self.parts]))

    def _table(self, columns: dict[str, Column]) -> Table:
        return Table(self.source, columns, origins=self.origins, skipped=self.skipped)
