"""A data file looked at: its columns, and what they hold. Only its beginning is read."""

import csv
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lsml_operator.cli.ends import End, Ended

LOOKED_AT_ROWS = 10_000
MOST_CLASSES = 20
"""A column of more whole numbers than these is an amount, not the name of a class."""


class Kind(StrEnum):
    """What a column holds."""

    NUMBER = "number"
    WHOLE = "whole number of few values"
    TEXT = "text"
    EMPTY = "nothing"


@dataclass(frozen=True)
class Column:
    """A column of the first rows."""

    name: str
    kind: Kind
    values: int
    """How many different ones there are."""
    missing: bool


@dataclass(frozen=True)
class Look:
    """What a file holds, as far as its beginning tells."""

    columns: tuple[Column, ...]
    rows: int
    delimiter: str = ","


def look_at(path: Path) -> Look:
    """The columns of a CSV or Parquet file; raises Ended with a sentence where there are none."""
    try:
        return _parquet(path) if path.suffix == ".parquet" else _csv(path)
    except OSError as error:
        raise Ended(End.BAD_INPUT, f"{path}: {error.strerror or error}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise Ended(End.BAD_INPUT, f"{path} is not CSV in UTF-8: {error}") from None


def _csv(path: Path) -> Look:
    with path.open(encoding="utf-8-sig", newline="") as text:
        first = text.readline()
        delimiter = max(",;\t|", key=first.count) if first.strip() else ","
        text.seek(0)
        rows = list(itertools.islice(csv.reader(text, delimiter=delimiter), LOOKED_AT_ROWS + 1))
    if len(rows) < 2:
        raise Ended(End.BAD_INPUT, f"{path} has no rows below a header; a CSV file with both is expected")
    header, *body = (row for row in rows if row)
    uneven = next((number for number, row in enumerate(body, 2) if len(row) != len(header)), None)
    if uneven is not None:
        cells = len(body[uneven - 2])
        raise Ended(End.BAD_INPUT, f"{path} row {uneven} has {cells} cells, the header has {len(header)}")
    columns = zip(header, zip(*body, strict=True), strict=True)
    return Look(tuple(column_of(name, cells) for name, cells in columns), len(body), delimiter)


def _parquet(path: Path) -> Look:
    import pyarrow  # noqa: PLC0415  (the trainer's; takes long)
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415  (0.3 s, and only files need it)

    try:
        file = ParquetFile(path)
        batch = next(file.iter_batches(batch_size=LOOKED_AT_ROWS), None)
    except pyarrow.ArrowInvalid as error:
        raise Ended(End.BAD_INPUT, f"{path} is not Parquet: {error}") from None
    if batch is None:
        raise Ended(End.BAD_INPUT, f"{path} has no rows")
    values = batch.to_pydict()
    cells = {name: ["" if cell is None else str(cell) for cell in column] for name, column in values.items()}
    return Look(tuple(column_of(name, column) for name, column in cells.items()), file.metadata.num_rows)


def column_of(name: str, cells: Sequence[str]) -> Column:
    """What the cells of a column are."""
    present = [cell.strip() for cell in cells if cell.strip()]
    different = len(set(present))
    return Column(name, _kind(present, different), different, missing=len(present) < len(cells))


def _kind(cells: Iterable[str], different: int) -> Kind:
    if not different:
        return Kind.EMPTY
    numbers = [_number(cell) for cell in cells]
    if any(number is None for number in numbers):
        return Kind.TEXT
    whole = all(number == math.floor(number) for number in numbers if number is not None)
    return Kind.WHOLE if whole and different <= MOST_CLASSES else Kind.NUMBER


def _number(cell: str) -> float | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
