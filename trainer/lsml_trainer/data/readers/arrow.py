"""Arrow's columns as NumPy's: what CSV and Parquet have in common."""

from typing import Any

import numpy as np

from lsml_trainer.data.table import Column
from lsml_trainer.errors import InvalidData


def columns_of(table: Any, file: str) -> dict[str, Column]:
    """The columns of an Arrow table; raises InvalidData for a type that nothing can be learned from."""
    return {name: column_of(table.column(name), name, file) for name in table.column_names}


def column_of(column: Any, name: str, file: str) -> Column:
    """Whole numbers as int64, other numbers as float32 or float64 with NaN for what is missing, all else as text."""
    import pyarrow as pa  # noqa: PLC0415  (0.3 s, and only files need it)

    kinds = pa.types
    if kinds.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if kinds.is_boolean(column.type):
        column = column.cast(pa.int64())
    if kinds.is_null(column.type):
        return np.full(len(column), np.nan)
    if kinds.is_integer(column.type) and column.null_count == 0 and column.type != pa.uint64():
        return np.asarray(column.cast(pa.int64()))
    if kinds.is_float32(column.type) or kinds.is_float16(column.type):
        return np.asarray(column.cast(pa.float32()))
    if kinds.is_integer(column.type) or kinds.is_floating(column.type) or kinds.is_decimal(column.type):
        return np.asarray(column.cast(pa.float64(), safe=False))  # of more than 2^53 the nearest, as NumPy does
    if kinds.is_string(column.type) or kinds.is_large_string(column.type) or kinds.is_string_view(column.type):
        return np.array(column.fill_null("").to_pylist(), dtype=np.str_)
    if kinds.is_binary(column.type):
        raise InvalidData(f"column {name!r} of {file} is not text in UTF-8; save the file as UTF-8")
    raise InvalidData(f"column {name!r} of {file} is of type {column.type}; numbers and text can be learned from")


def refuse_twins(names: list[str], file: str) -> None:
    """Raises InvalidData where two columns have one name."""
    twice = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
    if twice is not None:
        raise InvalidData(f"{file} has two columns of the name {twice!r}; rename one")
