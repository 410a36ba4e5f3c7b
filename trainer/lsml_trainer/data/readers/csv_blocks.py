"""CSV in blocks of lines: counted once, with the type of each column, then read where they are wanted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lsml_trainer.data.places import DataFile, reading
from lsml_trainer.data.readers.arrow import columns_of
from lsml_trainer.data.readers.csv import EXPECTED, not_as_many, refuse_names, refuse_no_text
from lsml_trainer.data.readers.line_blocks import Reader, line_blocks, text_at
from lsml_trainer.data.table import Column

Kinds = Mapping[str, str]
"""Of each column: `n` nothing but missing values, `i` whole numbers, `f` numbers, `U` text."""
ORDER = "nifU"


@dataclass(frozen=True)
class Block:
    """Some lines."""

    begin: int
    size: int
    """In bytes."""
    first: int
    rows: int
    kinds: Kinds


@dataclass(frozen=True)
class Scan:
    """A file whose rows were counted."""

    file: DataFile
    delimiter: str
    names: tuple[str, ...]
    blocks: tuple[Block, ...]


def scanned(file: DataFile, delimiter: str) -> Scan:
    """Reads all of the file; raises InvalidData where it is no table."""
    refuse_no_text(file)
    names: tuple[str, ...] = ()
    blocks: list[Block] = []
    first = 0
    for at, text in line_blocks(file, EXPECTED):
        begin, lines = at, text
        if not names:
            header, _, lines = text.partition(b"\n")
            names = _names(header, file, delimiter)
            begin = at + len(header) + 1
        columns = _parsed(lines, file, delimiter, names, first, None) if lines.strip() else {}
        rows = len(next(iter(columns.values()))) if columns else 0
        kinds = {name: _kind(values) for name, values in columns.items()}
        blocks.append(Block(begin, len(lines), first, rows, kinds))
        first += rows
    return Scan(file, delimiter, names, tuple(block for block in blocks if block.rows))


def reader(scan: Scan, block: Block, kinds: Kinds) -> Reader:
    """Reads ranges of a block's rows, as columns of these types."""

    def read(low: int, high: int) -> Iterator[dict[str, Column]]:
        text = text_at(scan.file, EXPECTED, block.begin, block.size)
        columns = _parsed(text, scan.file, scan.delimiter, scan.names, block.first, kinds)
        yield {name: values[low:high] for name, values in columns.items()}

    return read


def kinds_of(blocks: Sequence[Kinds], names: Sequence[str]) -> Kinds:
    """The types that hold the values of all blocks."""
    return {name: max((kinds[name] for kinds in blocks), key=ORDER.index, default="n") for name in names}


def head(kinds: Kinds) -> dict[str, Column]:
    """Columns of these types, without rows."""
    types = {"n": np.float64, "i": np.int64, "f": np.float64, "U": np.str_}
    return {name: np.empty(0, dtype=types[kind]) for name, kind in kinds.items()}


def _names(header: bytes, file: DataFile, delimiter: str) -> tuple[str, ...]:
    from pyarrow import csv  # noqa: PLC0415

    with reading(file.name, EXPECTED):
        table = csv.read_csv(_buffer(header + b"\n"), parse_options=csv.ParseOptions(delimiter=delimiter))
        names = tuple(table.column_names)
    refuse_names(names, file, delimiter)
    return names


def _parsed(
    text: bytes, file: DataFile, delimiter: str, names: Sequence[str], first: int, kinds: Kinds | None
) -> dict[str, Column]:
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import csv  # noqa: PLC0415

    types = {"n": pa.null(), "i": pa.int64(), "f": pa.float64(), "U": pa.string()}

    ragged: list[Any] = []

    def keep(row: Any) -> str:
        ragged.append(row)
        return "skip"

    with reading(file.name, EXPECTED):
        table = csv.read_csv(
            _buffer(text),
            read_options=csv.ReadOptions(column_names=list(names), use_threads=False, block_size=len(text) + 1),
            parse_options=csv.ParseOptions(delimiter=delimiter, invalid_row_handler=keep),
            convert_options=csv.ConvertOptions(
                strings_can_be_null=True, column_types={name: types[kind] for name, kind in (kinds or {}).items()}
            ),
        )
    if ragged:
        raise not_as_many(file, ragged[0], first + ragged[0].number, "mend the row")
    return columns_of(table, file.name)


def _kind(values: Column) -> str:
    if values.dtype.kind == "f" and np.isnan(values).all():
        return "n"
    return values.dtype.kind


def _buffer(text: bytes) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    return pa.BufferReader(text)
