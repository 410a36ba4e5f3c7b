"""Rows that cannot be used: which they are, so that they can be left out and counted. Pure.

A row is bad where a number is expected and there is text or infinity, where the label is missing, where the weight is
missing or below 0, and where a value is missing that nothing stands in for.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.data.categories import is_missing
from lsml_trainer.data.columns import is_number
from lsml_trainer.data.table import Column, Table
from lsml_trainer.errors import InvalidData
from lsml_trainer.spec import Data

Mask = NDArray[np.bool_]


class Cleaned(NamedTuple):
    """What is left, and how many rows are not."""

    table: Table
    skipped: int


def without_bad_rows(
    table: Table, names: Sequence[str], categorical: frozenset[str], data: Data, *, learns_classes: bool
) -> Cleaned:
    """The rows that can be used; columns with numbers among text become numbers.

    A column without any number is text, and for others to refuse. Raises InvalidData where no row is left.
    """
    columns = dict(table.columns)
    bad_N = np.zeros(table.rows, dtype=np.bool_)
    label, weight = data.train.label, data.train.weight
    for name in (*names, label, *([weight] if weight else [])):
        if name not in categorical and not (name == label and learns_classes):
            columns[name], wrong_N = _numbers(columns[name])
            bad_N |= wrong_N
        if name in (label, weight) or data.missing == "fail":
            bad_N |= is_missing(columns[name])
    if weight and columns[weight].dtype.kind != "U":
        bad_N |= columns[weight].astype(np.float64) < 0
    skipped = int(bad_N.sum())
    if skipped == table.rows:
        raise InvalidData(f"data.onBadRow: skip leaves no row of {table.source}; all {skipped} are bad")
    whole = replace(table, columns=columns)
    return Cleaned(whole.only(np.flatnonzero(~bad_N)) if skipped else whole, skipped)


def _numbers(column: Column) -> tuple[Column, Mask]:
    """The column as numbers, and where it holds something else."""
    if column.dtype.kind != "U":
        return column, np.isinf(column) if column.dtype.kind == "f" else np.zeros(len(column), dtype=np.bool_)
    values: list[Any] = column.tolist()
    good_N = np.array([value == "" or is_number(value) for value in values], dtype=np.bool_)
    if not any(value != "" and good for value, good in zip(values, good_N.tolist(), strict=True)):
        return column, np.zeros(len(column), dtype=np.bool_)
    pairs = zip(values, good_N.tolist(), strict=True)
    numbers_N = np.array([float(value) if good and value else np.nan for value, good in pairs])
    return numbers_N, ~good_N | np.isinf(numbers_N)
