"""CSV in blocks of lines: counted once, with the type of each column, then read where they are wanted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lsml_trainer.data.places import DataFile, reading
from lsml_trainer.data.readers.arrow import columns_of
from lsml_trainer.data.readers.csv import (
    EXPECTED,
    RAGGED_REMEDY,
    header_of,
    not_as_many,
    refuse_names,
    refuse_no_text,
    table_of,
)
from lsml_trainer.data.readers.line_blocks import Block, Reader, line_blocks, text_at
from lsml_trainer.data.table import Column

Kinds = Mapping[str, str]
"""Of each column: `n` nothing but missing values, `i` whole numbers, `f` numbers, `U` text."""
ORDER = "nifU"


@dataclass(frozen=True)
class CsvBlock(Block):
    """Some lines, and what is in their columns."""

    kinds: Kinds


@dataclass(frozen=True)
class Scan:
    """A file whose rows were counted."""

    file: DataFile
    delimiter: str
    names: tuple[str, ...]
    blocks: tuple[CsvBlock, ...]
    skipped: int
    """Lines that have too few or too many cells."""


def scanned(file: DataFile, delimiter: str, *, skip: bool = False) -> Scan:
    """Reads all of the file; raises InvalidData where it is no table, or has a line that is no row and not skipped."""
    refuse_no_text(file)
    names: tuple[str, ...] = ()
    blocks: list[CsvBlock] = []
    first = skipped = 0
    for at, text in line_blocks(file, EXPECTED):
        begin, lines = at, text
        if not names:
            header, _, lines = text.partition(b"\n")
            names = header_of(header, file, delimiter)
            refuse_names(names, file, delimiter)
            begin = at + len(header) + 1
        with reading(file.name, EXPECTED):
            table, ragged = table_of(lines, names, delimiter)
        if ragged and not skip:
            raise not_as_many(file, ragged[0], first + ragged[0].number, RAGGED_REMEDY)
        kinds = {name: _kind(values) for name, values in columns_of(table, file.name).items()}
        blocks.append(CsvBlock(begin, len(lines), first, table.num_rows, kinds))
        first, skipped = first + table.num_rows, skipped + len(ragged)
    return Scan(file, delimiter, names, tuple(block for block in blocks if block.rows), skipped)


def reader(scan: Scan, block: CsvBlock, kinds: Kinds) -> Reader:
    """Reads ranges of a block's rows, as columns of these types."""

    def read(low: int, high: int) -> Iterator[dict[str, Column]]:
        text = text_at(scan.file, EXPECTED, block.begin, block.size)
        with reading(scan.file.name, EXPECTED):
            table, _ = table_of(text, scan.names, scan.delimiter, _types(kinds))
        yield {name: values[low:high] for name, values in columns_of(table, scan.file.name).items()}

    return read


def kinds_of(blocks: Sequence[Kinds], names: Sequence[str]) -> Kinds:
    """The types that hold the values of all blocks."""
    return {name: max((kinds[name] for kinds in blocks), key=ORDER.index, default="n") for name in names}


def head(kinds: Kinds) -> dict[str, Column]:
    """Columns of these types, without rows."""
    types = {"n": np.float64, "i": np.int64, "f": np.float64, "U": np.str_}
    return {name: np.empty(0, dtype=types[kind]) for name, kind in kinds.items()}


def _types(kinds: Kinds) -> dict[str, Any]:
    import pyarrow as pa  # noqa: PLC0415  (0.3 s, and only files need it)

    types = {"n": pa.null(), "i": pa.int64(), "f": pa.float64(), "U": pa.string()}
    return {name: types[kind] for name, kind in kinds.items()}


def _kind(values: Column) -> str:
    if values.dtype.kind == "f" and np.isnan(values).all():
        return "n"
    return values.dtype.kind
