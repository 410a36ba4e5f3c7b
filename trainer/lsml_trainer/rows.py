"""Rows that a person hands to a model: array-likes and data frames as a table of the model's columns. Pure."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.data import Feature, Table
from lsml_trainer.data.table import Column
from lsml_trainer.errors import InvalidModel


def table_of(rows: Any, features: Sequence[Feature]) -> Table:
    """The columns that the features need; of a data frame (pandas, polars) or a table of Arrow those of their names.

    Raises InvalidModel where a column is missing, or a value is no finite number.
    """
    names = [feature.name for feature in features]
    there = _column_names(rows)
    columns = _by_place(rows, names) if there is None else _by_name(rows, there, names)
    return Table("rows", {one.name: _column(values, one) for one, values in zip(features, columns, strict=True)})


def _by_place(rows: Any, names: Sequence[str]) -> list[NDArray[Any]]:
    try:
        x_ND = np.asarray(rows)
        if x_ND.dtype.kind not in "iufb":  # a text would make texts of all, and 1.0 is not 1
            x_ND = np.asarray(rows, dtype=object)
    except ValueError as error:
        raise InvalidModel(f"rows are no table: {error}") from None
    if x_ND.ndim != 2:
        raise InvalidModel(f"rows have {x_ND.ndim} dimension(s), two are needed; for a single row give [row]")
    if x_ND.shape[1] != len(names):
        raise InvalidModel(f"rows have {x_ND.shape[1]} columns, the model takes {len(names)}: {_listed(names)}")
    return list(x_ND.T)


def _column_names(rows: Any) -> dict[str, Any] | None:
    """By what files call them: 0 of a frame without a header is "0" there. None where columns have no names."""
    named = getattr(rows, "column_names", None)  # of Arrow, whose `columns` are the values
    if named is None:
        named = getattr(rows, "columns", None)
    return None if named is None else {str(name): name for name in named}


def _by_name(frame: Any, there: Mapping[str, Any], names: Sequence[str]) -> list[NDArray[Any]]:
    missing = [name for name in names if name not in there]
    if missing:
        raise InvalidModel(f"the rows lack the column(s) {_listed(missing)}; the model takes {_listed(names)}")
    return [np.asarray(frame[there[name]]) for name in names]


def _column(values_N: NDArray[Any], feature: Feature) -> Column:
    if feature.categories is None:
        return _numbers(values_N, feature)
    if values_N.dtype.kind in "iufU":
        return values_N
    if values_N.dtype.kind == "b":
        return values_N.astype(np.int64)  # as files have them
    return np.array([_name(value) for value in values_N.tolist()], dtype=np.str_)


def _name(value: object) -> str:
    """Of a category, `""` where there is none: None, NaN, or NA of pandas."""
    if value is None or type(value).__name__ == "NAType" or (isinstance(value, float) and math.isnan(value)):
        return ""
    return str(int(value) if isinstance(value, bool) else value)


def _numbers(values_N: NDArray[Any], feature: Feature) -> NDArray[np.float64]:
    try:
        plain_N = values_N.astype(object) if values_N.dtype.kind == "U" else values_N  # else it says np.str_
        numbers_N = plain_N.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidModel(f"rows are not all numbers: {error} in column {feature.name!r}") from None
    wrong_N = np.isinf(numbers_N) if feature.fill is not None else ~np.isfinite(numbers_N)
    if wrong_N.any():
        row = int(np.flatnonzero(wrong_N)[0])
        raise InvalidModel(f"row {row}, column {feature.name!r} is {numbers_N[row]}; a finite number is needed")
    return numbers_N


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
