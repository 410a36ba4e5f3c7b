"""CSV files as columns of text, and their cells as numbers or classes. Says which line and column is wrong."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.data import Feature, Table
from lsml_trainer.data.table import Column
from lsml_trainer.errors import InvalidData


class CsvFile(NamedTuple):
    """A header and rows of as many cells; all text."""

    path: Path
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    """Where each row ends in the file, from 1; a quoted cell may span lines."""


def read_csv(path: Path) -> CsvFile:
    """The file, which begins with a header; empty lines are passed over.

    Raises InvalidData with the line where the file is no such table.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text, strict=True)
            found = [(reader.line_num, tuple(cells)) for cells in reader if cells]
    except OSError as error:
        raise InvalidData(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidData(f"{path} is not text in UTF-8") from None
    except csv.Error as error:
        raise InvalidData(f"{path} is not CSV: {error}") from None
    if not found:
        raise InvalidData(f"{path} is empty; a header with the names of the columns is expected")
    lines, rows = zip(*found, strict=True)
    return _checked(CsvFile(path, rows[0], rows[1:], lines[1:]))


def _checked(file: CsvFile) -> CsvFile:
    twice = sorted({name for name in file.header if file.header.count(name) > 1})
    if twice:
        raise InvalidData(f"{file.path}: the header names {twice[0]!r} twice")
    for line, row in zip(file.lines, file.rows, strict=True):
        if len(row) != len(file.header):
            raise InvalidData(f"{file.path} line {line} has {len(row)} cells, the header has {len(file.header)}")
    return file


def number_columns(file: CsvFile, names: Sequence[str], *, empty: bool = False) -> NDArray[np.float64]:
    """These columns as finite numbers, (rows, names); an `empty` cell may be NaN.

    Raises InvalidData with line and column where a cell is none, or with the columns that are missing.
    """
    missing = [name for name in names if name not in file.header]
    if missing:
        raise InvalidData(f"{file.path} lacks the column(s) {', '.join(missing)}; it has {', '.join(file.header)}")
    x_ND = np.empty((len(file.rows), len(names)))
    for position, name in enumerate(names):
        for row, text in enumerate(text_column(file, name)):
            x_ND[row, position] = math.nan if empty and not text.strip() else _number(file, row, name, text)
    return x_ND


def feature_table(file: CsvFile, features: Sequence[Feature]) -> Table:
    """The columns that a model reads; an empty cell is a missing value where the model knows what to put there.

    Raises InvalidData as number_columns does.
    """
    columns: dict[str, Column] = {}
    for one in features:
        if one.categories is not None:
            columns[one.name] = np.array(text_column(file, one.name), dtype=np.str_)
        else:
            columns[one.name] = number_columns(file, [one.name], empty=one.fill is not None)[:, 0]
    return Table(str(file.path), columns)


def text_column(file: CsvFile, name: str) -> tuple[str, ...]:
    """A column as it is written; raises InvalidData where there is none of that name."""
    if name not in file.header:
        raise InvalidData(f"{file.path} lacks the column {name!r}; it has {', '.join(file.header)}")
    index = file.header.index(name)
    return tuple(row[index] for row in file.rows)


def class_column(file: CsvFile, name: str, classes: Sequence[str | int]) -> NDArray[np.int64]:
    """A column as indices of classes; raises InvalidData with line and column where a cell is none of them."""
    index_of = {str(value): index for index, value in enumerate(classes)}
    indices = []
    for row, text in enumerate(text_column(file, name)):
        # Tools that know only floating point write the class 1 as 1.0.
        found = index_of.get(text.strip(), index_of.get(text.strip().removesuffix(".0")))
        if found is None:
            listed = ", ".join(map(str, classes[:12]))
            raise InvalidData(f"{_place(file, row, name)} is {text!r}; one of the classes {listed} is expected")
        indices.append(found)
    return np.array(indices, dtype=np.int64)


def _number(file: CsvFile, row: int, name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidData(f"{_place(file, row, name)} is {text!r}; a finite number is expected")
    return value


def _place(file: CsvFile, row: int, name: str) -> str:
    return f"{file.path} line {file.lines[row]}, column {name!r}"
