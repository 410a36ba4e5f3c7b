"""Rows that cannot be used: which they are, so that they can be left out and counted. Pure.

A row is bad where a number is expected and there is text or infinity, where the label is missing, where the weight is
missing or below 0, and where a value is missing that nothing stands in for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.data.categories import is_missing
from lsml_trainer.data.columns import is_number
from lsml_trainer.data.sources import Source
from lsml_trainer.data.table import Column, Table
from lsml_trainer.errors import InvalidData
from lsml_trainer.spec import Data

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Expected:
    """What a row must have."""

    numbers: tuple[str, ...]
    """The columns that hold numbers."""
    values: tuple[str, ...]
    """The columns in which a value must not be missing."""
    weight: str | None = None
    """The column that must not be below 0."""

    def bad(self, table: Table) -> Mask:
        """Which rows of a table `as_numbers` are not so, (N,)."""
        wrong = [np.isinf(table.columns[name]) for name in self.numbers if table.columns[name].dtype.kind == "f"]
        missing = [is_missing(table.columns[name]) for name in self.values]
        below = [] if self.weight is None else [table.columns[self.weight].astype(np.float64) < 0]
        return np.asarray(np.logical_or.reduce([*wrong, *missing, *below]))

    def as_numbers(self, table: Table) -> Table:
        """The table, its columns of numbers with infinity in place of text."""
        texts = [name for name in self.numbers if table.columns[name].dtype.kind == "U"]
        return replace(table, columns={**table.columns, **{name: _numbers(table.columns[name]) for name in texts}})


def expected(names: Sequence[str], categorical: frozenset[str], data: Data, *, learns_classes: bool) -> Expected:
    """Of rows with these features."""
    weight = data.train.weight
    always = (data.train.label, *([weight] if weight else []))
    numbers = (*names, *(always[1:] if learns_classes else always))
    return Expected(
        tuple(name for name in numbers if name not in categorical),
        (*names, *always) if data.missing == "fail" else always,
        weight,
    )


class Cleaned(NamedTuple):
    """What is left, and how many rows are not."""

    table: Table
    skipped: int


def without_bad_rows(table: Table, wanted: Expected) -> Cleaned:
    """The rows that can be used; columns with numbers among text become numbers.

    A column without any number is text, and for others to refuse. Raises InvalidData where no row is left.
    """
    numbers = tuple(name for name in wanted.numbers if _has_numbers(table.columns[name]))
    wanted = replace(wanted, numbers=numbers, weight=wanted.weight if wanted.weight in numbers else None)
    whole = wanted.as_numbers(table)
    bad_N = wanted.bad(whole)
    skipped = int(bad_N.sum())
    refuse_nothing_left(table, skipped)
    return Cleaned(whole.only(np.flatnonzero(~bad_N)) if skipped else whole, skipped)


def refuse_nothing_left(table: Table, skipped: int, rows: int | None = None) -> None:
    """Raises InvalidData where all rows, by default those of the table, are bad."""
    if skipped == (table.rows if rows is None else rows):
        raise InvalidData(f"data.onBadRow: skip leaves no row of {table.source}; all {skipped} are bad")


@dataclass(frozen=True)
class NumbersOf:
    """A Source whose columns of numbers may have text among them: as `Expected.as_numbers` does, block by block."""

    source: Source
    wanted: Expected

    @property
    def head(self) -> Table:
        """As Source."""
        return self.wanted.as_numbers(self.source.head)

    @property
    def rows(self) -> int:
        """As Source."""
        return self.source.rows

    @property
    def digest(self) -> str:
        """As Source."""
        return self.source.digest

    @property
    def skipped(self) -> int:
        """As Source."""
        return self.source.skipped

    def read(self, begin: int, end: int) -> Iterator[Table]:
        """As Source."""
        return map(self.wanted.as_numbers, self.source.read(begin, end))


def _has_numbers(column: Column) -> bool:
    return column.dtype.kind != "U" or any(value != "" and is_number(value) for value in column.tolist())


def _numbers(column: Column) -> NDArray[np.float64]:
    """Of text: infinity where there is something else, NaN where there is nothing."""
    values: list[Any] = column.tolist()
    return np.array([(float(value) if is_number(value) else np.inf) if value else np.nan for value in values], float)
