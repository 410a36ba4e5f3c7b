"""Files of rows, cut into parts that are read apart from each other. The cuts are a function of the files alone.

A part of CSV is a range of bytes between two ends of lines, so that none needs what is before it; one of Parquet a
range of rows. All cells of CSV are text here, as they are written: `cells.py` makes numbers of what a model reads.
"""

import csv
import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from lsml_trainer.errors import InvalidData, InvalidModel, OutputUnavailable
from lsml_trainer.folders import folder_of

PART_ROWS = 1 << 17
"""Rows of a part: some MiB, and a second or so of predicting with the slower models."""
READ_BYTES = 1 << 22
QUOTE, NEWLINE = ord('"'), ord("\n")


@dataclass(frozen=True)
class Part:
    """Some rows of a file that follow one another."""

    file: Path
    first_row: int
    """From 0."""
    rows: int
    """At most: empty lines of CSV are no rows."""
    header: tuple[str, ...] = ()
    """The names of the columns, for CSV."""
    begin: int = 0
    """The first byte, for CSV."""
    end: int = 0

    def read(self) -> Any:
        """The rows as a table of Arrow; raises InvalidData."""
        try:
            return _csv_rows(self) if self.file.suffix == ".csv" else _parquet_rows(self)
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(self.file, error) from None


def files_of(uri: str, claims: Path) -> list[Path]:
    """The files that pvc://CLAIM/FILES, file:///FILES or a plain path names, whose last part may hold `*`; sorted.

    Raises InvalidData where there is none, or one is neither CSV nor Parquet.
    """
    where, _, pattern = uri.rpartition("/")
    if "://" in uri:
        try:
            folder = folder_of(where, claims)
        except (InvalidModel, OutputUnavailable) as error:
            raise InvalidData(str(error)) from None
        found = sorted(path for path in folder.glob(pattern) if path.is_file())
        outside = [path for path in found if not path.resolve().is_relative_to(folder.resolve())]
        if outside:
            raise InvalidData(f"{outside[0].name} is a link that leads out of its folder; copy the file")
    else:
        plain = [uri] if Path(uri).exists() else glob.glob(uri)
        found = sorted(path for path in map(Path, plain) if path.is_file())
    if not found:
        raise InvalidData(f"there is no file {uri}")
    strange = [path for path in found if path.suffix not in (".csv", ".parquet")]
    if strange:
        raise InvalidData(f"{strange[0]} is named neither .csv nor .parquet; rename it to what it is")
    return found


def parts_of(files: Sequence[Path], part_rows: int = PART_ROWS) -> list[Part]:
    """All rows of all files, in order; raises InvalidData where one cannot be read."""
    return [part for file in files for part in _parts(file, part_rows)]


def _parts(file: Path, part_rows: int) -> Iterator[Part]:
    try:
        if file.suffix == ".csv":
            yield from _csv_parts(file, part_rows)
            return
        rows = parquet.ParquetFile(file).metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(file, error) from None
    for first in range(0, max(1, rows), part_rows):
        yield Part(file, first, min(part_rows, rows - first))


def _csv_parts(file: Path, part_rows: int) -> Iterator[Part]:
    with file.open("rb") as stream:
        edges = line_edges(stream, part_rows)
        stream.seek(0)
        header = _header(file, stream.read(edges[0]))
    for index, (begin, end) in enumerate(pairwise(edges if len(edges) > 1 else edges * 2)):
        yield Part(file, index * part_rows, part_rows, header, begin, end)


def line_edges(stream: BinaryIO, part_rows: int) -> list[int]:
    """Where the first line ends, and from there each part of so many lines; a quoted cell may span lines.

    A line ends where the number of quotes before it is even (RFC 4180: a quote in a cell is written twice).
    """
    edges: list[int] = []
    at, lines, wanted, quotes = 0, 0, 1, 0
    while block := stream.read(READ_BYTES):
        content = np.frombuffer(block, dtype=np.uint8)
        counted = np.cumsum(content == QUOTE) + quotes
        ends = np.flatnonzero((content == NEWLINE) & (counted % 2 == 0)) + 1
        while wanted <= lines + len(ends):
            edges.append(at + int(ends[wanted - lines - 1]))
            wanted += part_rows
        at, lines, quotes = at + len(block), lines + len(ends), int(counted[-1])
    return edges if edges and edges[-1] == at else [*edges, at]


def _header(file: Path, line: bytes) -> tuple[str, ...]:
    try:
        names = next(csv.reader([line.decode("utf-8-sig")], strict=True), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidData(f"{file} has no header that can be read: {error}") from None
    if not names:
        raise InvalidData(f"{file} is empty; a header with the names of the columns is expected")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidData(f"{file}: the header names {twice!r} twice; rename one")
    return tuple(names)


def _csv_rows(part: Part) -> Any:
    with part.file.open("rb") as stream:
        stream.seek(part.begin)
        content = stream.read(part.end - part.begin)
    types = dict.fromkeys(part.header, pa.string())
    if not content.strip():
        return pa.table({name: pa.array([], pa.string()) for name in part.header})
    ragged: list[Any] = []

    def keep(row: Any) -> str:
        ragged.append(row)
        return "skip"

    table = arrow_csv.read_csv(
        pa.BufferReader(content),
        read_options=arrow_csv.ReadOptions(column_names=part.header, use_threads=False, block_size=len(content)),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=keep),
        convert_options=arrow_csv.ConvertOptions(column_types=types, strings_can_be_null=True, null_values=[""]),
    )
    if ragged:
        row, cells = part.first_row + ragged[0].number, ragged[0].actual_columns
        raise InvalidData(f"{part.file} has {cells} cells in row {row}, its header has {len(types)}; mend the row")
    return table


def _parquet_rows(part: Part) -> Any:
    """Batches are skipped up to the first row; no more than one at a time is in memory beside the part."""
    file = parquet.ParquetFile(part.file)
    kept, at, end = [], 0, part.first_row + part.rows
    groups = []
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        if at + rows > part.first_row and at < end:
            groups.append((group, at))
        at += rows
    at = groups[0][1] if groups else 0
    for batch in file.iter_batches(PART_ROWS, [group for group, _ in groups], use_threads=False):
        begin, stop = max(part.first_row - at, 0), min(end - at, batch.num_rows)
        if begin < stop:
            kept.append(batch.slice(begin, stop - begin))
        at += batch.num_rows
        if at >= end:
            break
    return pa.Table.from_batches(kept, schema=file.schema_arrow)


def _unreadable(file: Path, error: Exception) -> InvalidData:
    kind = "CSV with a header, in UTF-8" if file.suffix == ".csv" else "Parquet"
    return InvalidData(f"{file} cannot be read as {kind}: {' '.join(str(error).split())[:300]}")
