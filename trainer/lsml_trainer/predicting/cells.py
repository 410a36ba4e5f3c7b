"""The columns of a part as a model reads them, and its label.

Cells of CSV are text here, as they are written; what they mean is what they meant to the model when it was trained on
CSV, where pyarrow found out the type of a column: 01 and 1.0 are the number 1, true is 1, NA and null are missing.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from lsml_trainer.data import Feature, Table
from lsml_trainer.data.categories import number_name
from lsml_trainer.data.readers.arrow import column_of
from lsml_trainer.data.table import Column
from lsml_trainer.errors import InvalidData
from lsml_trainer.predicting.parts import Part

NULLS = pa.array(csv.ConvertOptions().null_values)
"""The cells of CSV that are a missing value."""
BOOLEANS = dict.fromkeys(("true", "True", "TRUE"), "1") | dict.fromkeys(("false", "False", "FALSE"), "0")


def feature_table(part: Part, rows: Any, features: Iterable[Feature]) -> Table:
    """What Preprocessing takes, with the numbers that its rows have in their file.

    Raises InvalidData where a cell is no number and should be one. Columns that are not there, Preprocessing names.
    """
    there = set(rows.column_names)
    columns = {one.name: _feature(part, rows.column(one.name), one) for one in features if one.name in there}
    if not columns:
        columns = {"": np.empty(rows.num_rows)}  # for Preprocessing to say which are missing
    return Table(part.file.name, columns, numbers_N=part.first_row + np.arange(rows.num_rows))


def _feature(part: Part, column: Any, feature: Feature) -> Column:
    if part.file.kind == "csv":
        column = pc.if_else(pc.is_in(column, NULLS), pa.scalar(None, column.type), column)
    values_N = _column(part, column, feature.name, numeric=feature.categories is None)
    if feature.categories and values_N.dtype.kind == "U":
        return _as_categories(values_N, feature.categories)
    if values_N.dtype.kind == "f" and feature.categories is None:
        wrong_N = np.isinf(values_N) if feature.fill is not None else ~np.isfinite(values_N)
        if wrong_N.any():
            row = int(np.flatnonzero(wrong_N)[0])
            raise _wrong(part, feature.name, row, column[row].as_py(), "a finite number")
    return values_N


def _as_categories(names_N: Column, categories: Sequence[str | int]) -> Column:
    """Numbers as the categories have them, where all of those are numbers."""
    known = {str(category) for category in categories}
    if any(_number_name(name) != name for name in known):
        return names_N
    words = BOOLEANS if known <= {"0", "1"} else {}
    shown = {name: words.get(name, _number_name(name)) for name in np.unique(names_N).tolist()}
    return np.array([shown[name] for name in names_N.tolist()], dtype=np.str_)


def _number_name(text: str) -> str:
    """As `number_name`; the text itself where it is no number."""
    return number_name(float(text)) if _is_number(text) and np.isfinite(float(text)) else text


def number_label(part: Part, rows: Any, name: str) -> NDArray[np.float64]:
    """The label as finite numbers; raises InvalidData."""
    column_N = _column(part, _named(part, rows, name), name, numeric=True).astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(column_N))
    if bad.size:
        raise _wrong(part, name, int(bad[0]), column_N[bad[0]], "a finite number")
    return column_N


def class_label(part: Part, rows: Any, name: str, classes: Sequence[str | int]) -> NDArray[np.int64]:
    """The label as indices of the classes; raises InvalidData where one is none of them."""
    index_of = {str(value): index for index, value in enumerate(classes)}
    are_numbers = all(isinstance(value, int) for value in classes)
    found = np.empty(rows.num_rows, dtype=np.int64)
    for row, value in enumerate(_named(part, rows, name).to_pylist()):
        spelled = (text for text in _spellings(value, are_numbers=are_numbers) if text in index_of)
        text = next(spelled, None)
        if text is None:
            raise _wrong(part, name, row, value, f"one of the classes {', '.join(list(index_of)[:12])}")
        found[row] = index_of[text]
    return found


def _spellings(value: object, *, are_numbers: bool) -> Iterator[str]:
    """How the class of a cell may be written in the model, the likeliest first."""
    text = str(value)
    yield text
    yield text.strip()
    yield text.strip().removesuffix(".0")  # tools that know only floating point write the class 1 as 1.0
    if are_numbers:
        yield BOOLEANS.get(text, _number_name(text.strip()))


def _named(part: Part, rows: Any, name: str) -> Any:
    if name not in rows.column_names:
        raise InvalidData(f"{part.file.name} lacks the column {name!r}; it has {', '.join(rows.column_names[:12])}")
    return rows.column(name)


def _column(part: Part, column: Any, name: str, *, numeric: bool) -> Column:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if numeric and (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return _numbers(part, column, name)
    return column_of(column, name, part.file.name)


def _numbers(part: Part, column: Any, name: str) -> NDArray[np.float64]:
    """Of text; an empty cell is NaN, a missing value."""
    text = pc.utf8_trim_whitespace(column)
    text = pc.if_else(pc.equal(text, ""), pa.scalar(None, text.type), text)
    try:
        return np.asarray(text.cast(pa.float64()).fill_null(np.nan))
    except pa.ArrowInvalid:
        if set(pc.unique(text).drop_null().to_pylist()) <= BOOLEANS.keys():
            return np.array([float(BOOLEANS.get(cell, np.nan)) for cell in text.to_pylist()])
        row = next(row for row, cell in enumerate(text.to_pylist()) if cell is not None and not _is_number(cell))
        raise _wrong(part, name, row, column[row].as_py(), "a number") from None


def _is_number(cell: str) -> bool:
    try:
        pa.scalar(cell).cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


def _wrong(part: Part, name: str, row: int, value: object, wanted: str) -> InvalidData:
    said = "empty" if value is None else repr(value)
    return InvalidData(
        f"column {name!r} of {part.file.name} in row {part.first_row + row + 1} is {said}; {wanted} is expected"
    )
