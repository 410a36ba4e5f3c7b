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
from pyarrow import fs, parquet

from lsml_trainer.data.places import DataFile, matching, reading
from lsml_trainer.errors import InvalidData

PART_ROWS = 1 << 17
"""Rows of a part: some MiB, and a second or so of predicting with the slower models."""
READ_BYTES = 1 << 22
_EXPECTED = {"csv": "CSV with a header, in UTF-8", "parquet": "Parquet"}
QUOTE, NEWLINE = ord('"'), ord("\n")


@dataclass(frozen=True)
class Part:
    """Some rows of a file that follow one another."""

    file: DataFile
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
        with reading(self.file.name, _EXPECTED[self.file.kind]):
            return _csv_rows(self) if self.file.kind == "csv" else _parquet_rows(self)


def files_of(uri: str, claims: Path) -> list[DataFile]:
    """The files that a URI as `data.train.uri` or a plain path names, whose last part may hold `*`; sorted.

    Raises InvalidData where there is none, or one is neither CSV nor Parquet.
    """
    if "://" in uri:
        try:
            found = matching(uri, claims)
        except InvalidData as error:
            raise InvalidData(str(error).removeprefix("data.train.uri: ")) from None
    else:
        plain = [uri] if Path(uri).exists() else glob.glob(uri)
        found = [DataFile(path, path, fs.LocalFileSystem()) for path in sorted(plain) if Path(path).is_file()]
    if not found:
        raise InvalidData(f"there is no file {uri}")
    strange = [file.name for file in found if file.kind not in _EXPECTED or file.compression]
    if strange:
        raise InvalidData(f"{strange[0]} is named neither .csv nor .parquet; rename it to what it is, or unpack it")
    return found


def parts_of(files: Sequence[DataFile], part_rows: int = PART_ROWS) -> list[Part]:
    """All rows of all files, in order; raises InvalidData where one cannot be read."""
    return [part for file in files for part in _parts(file, part_rows)]


def _parts(file: DataFile, part_rows: int) -> Iterator[Part]:
    with reading(file.name, _EXPECTED[file.kind]):
        if file.kind == "csv":
            yield from _csv_parts(file, part_rows)
            return
        with file.open() as opened:
            rows = parquet.ParquetFile(opened).metadata.num_rows
    for first in range(0, max(1, rows), part_rows):
        yield Part(file, first, min(part_rows, rows - first))


def _csv_parts(file: DataFile, part_rows: int) -> Iterator[Part]:
    with file.open() as stream:
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


def _header(file: DataFile, line: bytes) -> tuple[str, ...]:
    try:
        names = next(csv.reader([line.decode("utf-8-sig")], strict=True), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidData(f"{file.name} has no header that can be read: {error}") from None
    if not names:
        raise InvalidData(f"{file.name} is empty; a header with the names of the columns is expected")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidData(f"{file.name}: the header names {twice!r} twice; rename one")
    return tuple(names)


def _csv_rows(part: Part) -> Any:
    with part.file.open() as stream:
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
        raise InvalidData(f"{part.file.name} has {cells} cells in row {row}, its header has {len(types)}; mend the row")
    return table


def _parquet_rows(part: Part) -> Any:
    """Batches are skipped up to the first row; no more than one at a time is in memory beside the part."""
    with part.file.open() as opened:
        file = parquet.ParquetFile(opened)
        groups, at, end = [], 0, part.first_row + part.rows
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if at + rows > part.first_row and at < end:
                groups.append((group, at))
            at += rows
        kept, at = [], groups[0][1] if groups else 0
        for batch in file.iter_batches(PART_ROWS, [group for group, _ in groups], use_threads=False):
            begin, stop = max(part.first_row - at, 0), min(end - at, batch.num_rows)
            if begin < stop:
                kept.append(batch.slice(begin, stop - begin))
            at += batch.num_rows
            if at >= end:
                break
        return pa.Table.from_batches(kept, schema=file.schema_arrow)
