"""Rows that a person hands to a model: array-likes and data frames as one array of finite numbers. Pure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.errors import InvalidModel


def matrix_of(rows: Any, names: Sequence[str]) -> NDArray[np.float64]:
    """The features as (N, D), C-contiguous; of a data frame the columns of these names, in this order.

    Raises InvalidModel where a column is missing, or a value is no finite number.
    """
    x_ND = _numbers(_by_name(rows, names) if hasattr(rows, "columns") else rows)
    if x_ND.ndim != 2:
        raise InvalidModel(f"rows have {x_ND.ndim} dimension(s), two are needed; for a single row give [row]")
    if x_ND.shape[1] != len(names):
        raise InvalidModel(f"rows have {x_ND.shape[1]} columns, the model takes {len(names)}: {_listed(names)}")
    bad = np.argwhere(~np.isfinite(x_ND))
    if bad.size:
        row, column = (int(index) for index in bad[0])
        raise InvalidModel(f"row {row}, column {names[column]!r} is {x_ND[row, column]}; a finite number is needed")
    return x_ND


def _by_name(frame: Any, names: Sequence[str]) -> NDArray[Any]:
    there = {str(name) for name in frame.columns}
    missing = [name for name in names if name not in there]
    if missing:
        raise InvalidModel(f"the data frame lacks the column(s) {_listed(missing)}; the model takes {_listed(names)}")
    return np.column_stack([np.asarray(frame[name]) for name in names])


def _numbers(rows: Any) -> NDArray[np.float64]:
    try:
        return np.asarray(rows, dtype=np.float64, order="C")
    except (TypeError, ValueError) as error:
        raise InvalidModel(f"rows are not all numbers: {error}") from None


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
