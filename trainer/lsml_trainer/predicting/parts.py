"""Files of rows, cut into parts that are read apart from each other. The cuts are a function of the files alone.

A part of CSV is a range of bytes between two ends of lines, so that none needs what is before it; one of Parquet a
range of rows; one of libsvm text some lines, of whose entries `blocks.py` makes features: its table is the label alone.
All cells of CSV are text here, as they are written: `cells.py` makes numbers of what a model reads.
"""

import glob
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import fs

from lsml_trainer.data.places import DataFile, matching, reading
from lsml_trainer.data.readers import parquet
from lsml_trainer.data.readers.csv import header_of, not_as_many, table_of
from lsml_trainer.data.readers.libsvm import LABEL, SparseRows, as_whole, parsed
from lsml_trainer.data.readers.line_blocks import line_edges, text_at
from lsml_trainer.errors import InvalidData

PART_ROWS = 1 << 17
"""Rows of a part: some MiB, and a second or so of predicting with the slower models."""
_EXPECTED = {"csv": "CSV with a header, in UTF-8", "parquet": "Parquet", "libsvm": "libsvm text"}


@dataclass(frozen=True)
class Part:
    """Some rows of a file that follow one another."""

    file: DataFile
    first_row: int
    """From 0."""
    rows: int
    """At most: empty lines of text are no rows."""
    header: tuple[str, ...] = ()
    """The names of the columns, for CSV."""
    begin: int = 0
    """The first byte, for text."""
    end: int = 0
    delimiter: str = ","
    """Between the cells, for CSV."""

    @property
    def identity(self) -> str:
        """Which rows these are: another one where their file was written anew."""
        file = self.file
        return f"{file.path} {file.size} {file.written} {self.first_row} {self.rows} {self.begin} {self.end}"

    def read(self) -> Any:
        """The rows as a table of Arrow; raises InvalidData."""
        with reading(self.file.name, _EXPECTED[self.file.kind]):
            return _TABLES[self.file.kind](self)

    def parsed(self) -> SparseRows:
        """The rows, for libsvm text; raises InvalidData where a line is none."""
        found = parsed(text_at(self.file, _EXPECTED["libsvm"], self.begin, self.end - self.begin))
        for line, said in found.bad:
            raise InvalidData(f"{self.file.name} line {self.first_row + line} is no libsvm row at {said}; mend it")
        return found


def files_of(uri: str, claims: Path) -> list[DataFile]:
    """The files that a URI as `data.train.uri` or a plain path names, whose last part may hold `*`; sorted.

    Raises InvalidData where there is none, or one is neither CSV, Parquet nor libsvm text.
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
        named = f"{strange[0]} is named neither .csv, .parquet nor .svm"
        raise InvalidData(f"{named}; rename it to what it is, or unpack it")
    return found


def parts_of(files: Sequence[DataFile], part_rows: int = PART_ROWS, delimiter: str | None = None) -> list[Part]:
    """All rows of all files, in order; raises InvalidData where one cannot be read.

    The delimiter is that of the training rows, `data.train.delimiter`; a header without any is taken to have commas.
    """
    return [part for file in files for part in _parts(file, part_rows, delimiter or ",")]


def _parts(file: DataFile, part_rows: int, delimiter: str) -> Iterator[Part]:
    with reading(file.name, _EXPECTED[file.kind]):
        if file.kind == "csv":
            yield from _csv_parts(file, part_rows, delimiter)
            return
        if file.kind == "libsvm":
            yield from _libsvm_parts(file, part_rows)
            return
        _, rows = parquet.end_of(file)
    for first in range(0, max(1, rows), part_rows):
        yield Part(file, first, min(part_rows, rows - first))


def _csv_parts(file: DataFile, part_rows: int, delimiter: str) -> Iterator[Part]:
    with file.open() as stream:
        edges = line_edges(stream, part_rows)
        stream.seek(0)
        line = stream.read(edges[0])
    delimiter = delimiter if delimiter.encode() in line else ","
    header = header_of(line, file, delimiter)
    for index, (begin, end) in enumerate(pairwise(edges if len(edges) > 1 else edges * 2)):
        yield Part(file, index * part_rows, part_rows, header, begin, end, delimiter)


def _libsvm_parts(file: DataFile, part_rows: int) -> Iterator[Part]:
    """The first has one line more."""
    with file.open() as stream:
        ends = line_edges(stream, part_rows)
    edges = [0, *(ends[1:] or ends)]
    for index, (begin, end) in enumerate(pairwise(edges)):
        yield Part(file, index * part_rows + min(index, 1), part_rows + 1, begin=begin, end=end)


def _libsvm_rows(part: Part) -> Any:
    return pa.table({LABEL: as_whole(part.parsed().label_N)})


def _csv_rows(part: Part) -> Any:
    lines = text_at(part.file, _EXPECTED["csv"], part.begin, part.end - part.begin)
    table, ragged = table_of(lines, part.header, part.delimiter, as_text=True)
    if ragged:
        raise not_as_many(part.file, ragged[0], part.first_row + ragged[0].number, "mend the row")
    return table


def _parquet_rows(part: Part) -> Any:
    rows = list(parquet.tables(part.file, part.first_row, part.first_row + part.rows, PART_ROWS))
    return pa.concat_tables(rows) if rows else parquet.end_of(part.file)[0]


_TABLES: dict[str, Callable[[Part], Any]] = {"csv": _csv_rows, "parquet": _parquet_rows, "libsvm": _libsvm_rows}
