"""Which columns are learned from: feature patterns against the names that there are."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.data.table import Column, Table
from lsml_trainer.errors import InvalidData

SHOWN_NAMES = 12  # of a wide table a person wants an idea, not four thousand names
LOOKED_AT, NEARLY_ALL = 1000, 0.9


def chosen_features(table: Table, patterns: Sequence[str], label: str, weight: str | None = None) -> tuple[str, ...]:
    """The columns that match a pattern (`*` stands for any characters), in the table's order, without label and weight.

    Raises InvalidData where one of these is not a column, a pattern matches nothing, or nothing is left to learn from.
    """
    for field, name in (("label", label), ("weight", weight)):
        if name is not None and name not in table.columns:
            raise InvalidData(f"data.train.{field}: {table.source} has no column {name!r}; {there_are(table.columns)}")
    features = [name for name in table.columns if name not in (label, weight)]
    for pattern in patterns:
        if pattern not in ("*", label, weight) and not any(matches(pattern, name) for name in table.columns):
            raise InvalidData(
                f"data.train.features: no column of {table.source} matches {pattern!r}; {there_are(features)}"
            )
    chosen = tuple(name for name in features if any(matches(pattern, name) for pattern in patterns))
    if not chosen:
        only = f"only the label {label!r}" if weight is None else f"only label {label!r} and weight {weight!r}"
        raise InvalidData(f"data.train.features: {only} is left of {table.source}; {there_are(features)}")
    return chosen


def finite_numbers(table: Table, name: str, remedy: str) -> NDArray[np.float64]:
    """The column as float64.

    Raises InvalidData where a value is text, NaN or infinite; `remedy` ends the sentence.
    """
    values_N = as_numbers(table, name, remedy).astype(np.float64, copy=False)
    if not np.isfinite(values_N).all():
        raise no_numbers(table, name, values_N, remedy)
    return values_N


def as_numbers(table: Table, name: str, remedy: str) -> NDArray[Any]:
    """The column as it is, where it holds numbers, NaN and infinity among them; raises InvalidData where it is text."""
    column = table.columns[name]
    if column.dtype.kind not in "iuf":
        row = next((row for row, value in enumerate(column) if not is_number(value)), 0)
        raise InvalidData(f"{place(table, name, row)} holds text such as {str(column[row])!r}; {remedy}")
    return column


def no_numbers(table: Table, name: str, values_N: NDArray[Any], remedy: str) -> InvalidData:
    """What is said where some of the values are not finite."""
    bad = np.flatnonzero(~np.isfinite(values_N))
    return InvalidData(
        f"{place(table, name, int(bad[0]))} is {values_N[bad[0]]} "
        f"({bad.size} of {len(values_N)} rows are not finite); {remedy}"
    )


def place(table: Table, name: str, row: int) -> str:
    """The beginning of a sentence about one value."""
    source, number = table.place(row)
    return f"column {name!r} of {source} in row {number}"


def is_number(text: object) -> bool:
    """Whether Python reads it as a number."""
    try:
        float(str(text))
    except ValueError:
        return False
    return True


def there_are(names: Iterable[str]) -> str:
    """The end of a sentence that lists columns."""
    listed = list(names)
    more = f" and {len(listed) - SHOWN_NAMES} more" if len(listed) > SHOWN_NAMES else ""
    return f"there are {', '.join(listed[:SHOWN_NAMES])}{more}"


def matches(pattern: str, name: str) -> bool:
    """Whether the pattern, in which `*` stands for any characters, is the whole name."""
    if pattern == "*":  # of millions of names
        return True
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), name, re.DOTALL) is not None


def numbers_but_for_some(column: Column) -> bool:
    """Whether a column of text is that only because of a few values.

    Nearly all values are numbers then, judged by some of them. Numbers throughout, though kept as text, are meant as
    text: a file that knows types says so.
    """
    filled_N = column[column != ""]
    numbers_S = [is_number(value) for value in filled_N[:: max(1, len(filled_N) // LOOKED_AT)].tolist()]
    if not numbers_S or sum(numbers_S) < NEARLY_ALL * len(numbers_S):
        return False
    return not all(map(is_number, filled_N.tolist()))
