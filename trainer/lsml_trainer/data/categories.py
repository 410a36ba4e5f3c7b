"""Categories: the values of a column that are names, not amounts, and their places in a sorted list. Pure."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.data.table import Column

Category: TypeAlias = str | int
Codes: TypeAlias = NDArray[np.int64]

UNKNOWN = -1
"""The code of a value that is none of the categories."""


def as_names(column: Column) -> Column:
    """The column as text or whole numbers: 3.0 is the category 3, and one that has fractions is taken as text.

    A column with missing values becomes text as well, `""` where one is missing.
    """
    if column.dtype.kind in "Ui":
        return column
    missing_N = np.isnan(column)
    if not missing_N.any() and (column == np.floor(column)).all():
        return column.astype(np.int64)
    shown = {value: number_name(value) for value in np.unique(column[~missing_N]).tolist()}
    return np.array([shown.get(value, "") for value in column.tolist()], dtype=np.str_)


def number_name(value: float) -> str:
    """The category that a number is, as text: with all of its digits, or two of them would be one."""
    return str(int(value)) if value.is_integer() else repr(value)


def is_missing(column: Column) -> NDArray[np.bool_]:
    """Where there is no value: an empty text, NaN or null; (N,)."""
    if column.dtype.kind == "U":
        return np.asarray(column == "")
    return np.isnan(column) if column.dtype.kind == "f" else np.zeros(len(column), dtype=np.bool_)


def categories_of(names_N: Column) -> tuple[Category, ...]:
    """The values that there are, sorted, without what is missing."""
    return tuple(value for value in np.unique(names_N).tolist() if value != "")


def codes_of(names_N: Column, categories: Sequence[Category]) -> Codes:
    """The place of each value among the sorted categories, or UNKNOWN; (N,)."""
    if not categories:
        return np.full(len(names_N), UNKNOWN, dtype=np.int64)
    known = np.array(categories)
    if known.dtype.kind != names_N.dtype.kind:  # a file may hold 1, 2, x where the training rows had 1 and 2
        place = {str(category): code for code, category in enumerate(categories)}
        return np.array([place.get(str(value), UNKNOWN) for value in names_N.tolist()], dtype=np.int64)
    codes_N = np.searchsorted(known, names_N).clip(max=len(known) - 1)
    return np.where(known[codes_N] == names_N, codes_N, UNKNOWN)
