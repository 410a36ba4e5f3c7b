"""Which columns are learned from: feature patterns against the names that there are."""

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.data.table import Table
from lsml_trainer.errors import InvalidData

SHOWN_NAMES = 12  # of a wide table a person wants an idea, not four thousand names


def chosen_features(table: Table, patterns: Sequence[str], label: str) -> tuple[str, ...]:
    """The columns that match a pattern (`*` stands for any characters), in the table's order, without the label.

    Raises InvalidData where the label is not a column, a pattern matches nothing, or nothing is left to learn from.
    """
    if label not in table.columns:
        raise InvalidData(f"data.train.label: {table.source} has no column {label!r}; {there_are(table.columns)}")
    features = [name for name in table.columns if name != label]
    for pattern in patterns:
        if pattern not in ("*", label) and not any(_matches(pattern, name) for name in table.columns):
            raise InvalidData(
                f"data.train.features: no column of {table.source} matches {pattern!r}; {there_are(features)}"
            )
    chosen = tuple(name for name in features if any(_matches(pattern, name) for pattern in patterns))
    if not chosen:
        raise InvalidData(
            f"data.train.features: only the label {label!r} is left of {table.source}; {there_are(features)}"
        )
    return chosen


def feature_matrix(table: Table, features: Sequence[str]) -> NDArray[np.float64]:
    """The features as one C-contiguous array, (rows, features).

    Raises InvalidData with column and row where a value is text, NaN or infinite.
    """
    x_ND = np.empty((table.rows, len(features)))
    for position, name in enumerate(features):
        x_ND[:, position] = finite_numbers(table, name, "leave it out of data.train.features")
    return x_ND


def finite_numbers(table: Table, name: str, remedy: str) -> NDArray[np.float64]:
    """The column as float64.

    Raises InvalidData where a value is text, NaN or infinite; `remedy` ends the sentence.
    """
    column = table.columns[name]
    if column.dtype.kind not in "iuf":
        raise InvalidData(f"column {name!r} of {table.source} holds text such as {str(column[0])!r}; {remedy}")
    values = column.astype(np.float64, copy=False)
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise InvalidData(
            f"column {name!r} of {table.source} is {values[bad[0]]} in row {bad[0]} "
            f"({bad.size} of {len(values)} rows are not finite); {remedy}"
        )
    return values


def there_are(names: Iterable[str]) -> str:
    """The end of a sentence that lists columns."""
    listed = list(names)
    more = f" and {len(listed) - SHOWN_NAMES} more" if len(listed) > SHOWN_NAMES else ""
    return f"there are {', '.join(listed[:SHOWN_NAMES])}{more}"


def _matches(pattern: str, name: str) -> bool:
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), name, re.DOTALL) is not None
