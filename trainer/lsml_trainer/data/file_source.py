"""Files as a Source: Parquet, NPY, CSV and libsvm text read in blocks, any range of rows without the rows before it.

Parquet begins at a row group, NPY anywhere. Text is cut at ends of lines into blocks whose rows are counted once.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np

from lsml_trainer.data.files import Reading, one_set_of_columns
from lsml_trainer.data.places import DataFile, matching, reading
from lsml_trainer.data.readers import csv_blocks, libsvm_blocks, npy, parquet
from lsml_trainer.data.readers.libsvm import refuse_dense_width, refuse_width
from lsml_trainer.data.sources import BLOCK_BYTES, block_rows
from lsml_trainer.data.table import Column, Table
from lsml_trainer.errors import InvalidData

Columns = Mapping[str, Column]


@dataclass(frozen=True)
class Part:
    """A file, or a block of one."""

    file: DataFile
    first: int
    """The number of its first row in the file."""
    rows: int
    read: Callable[[int, int], Iterator[Columns]]
    """The rows of a range, counted from the part's first."""


@dataclass(frozen=True)
class FileSource:
    """The rows of all parts, one after the other."""

    head: Table
    parts: tuple[Part, ...]
    skipped: int = 0
    """As Source."""

    @cached_property
    def _edges(self) -> list[int]:
        return list(accumulate((part.rows for part in self.parts), initial=0))

    @property
    def rows(self) -> int:
        """As Source."""
        return self._edges[-1]

    @cached_property
    def digest(self) -> str:
        """Of the files' bytes."""
        content = hashlib.sha256()
        for file in {part.file.path: part.file for part in self.parts}.values():
            with reading(file.name, "a file"), file.open() as opened:
                while block := opened.read(BLOCK_BYTES):
                    content.update(block)
        return f"sha256:{content.hexdigest()}"

    def read(self, begin: int, end: int) -> Iterator[Table]:
        """As Source."""
        for part, (first, after) in zip(self.parts, pairwise(self._edges), strict=True):
            low, high = max(begin, first), min(end, after)
            at = part.first + low - first
            for columns in part.read(low - first, high - first) if low < high else ():
                rows = len(next(iter(columns.values())))
                yield Table(part.file.name, columns, numbers_N=np.arange(at, at + rows))
                at += rows


def file_source(uri: str, claims: Path, how: Reading) -> FileSource:
    """The files that `uri` names; raises InvalidData as `read_files`."""
    files = matching(uri, claims)
    packed = next((file for file in files if file.compression), None)
    if packed is not None:
        raise InvalidData(f"{packed.name} is packed and cannot be read in parts; unpack it, or take data.memory out")
    if {file.kind for file in files} == {"libsvm"}:
        return _libsvm(uri, files, how)
    if {file.kind for file in files} == {"csv"}:
        return _csv(uri, files, how)
    found = [_parquet(file) if file.kind == "parquet" else _npy(file) for file in files]
    one_set_of_columns(files, [head for head, _ in found])
    return FileSource(Table(uri, found[0][0]), tuple(part for _, part in found))


def _parquet(file: DataFile) -> tuple[Columns, Part]:
    layout = parquet.layout_of(file)
    step = block_rows(len(layout.head))
    return layout.head, Part(file, 0, layout.rows, lambda low, high: parquet.blocks(layout, low, high, step))


def _npy(file: DataFile) -> tuple[Columns, Part]:
    layout = npy.layout_of(file)
    step = max(1, BLOCK_BYTES // max(1, layout.row_bytes))

    def read(low: int, high: int) -> Iterator[Columns]:
        for begin in range(low, high, step):
            yield npy.read(layout, begin, min(high, begin + step))

    return npy.read(layout, 0, 0), Part(file, 0, layout.rows, read)


def _csv(uri: str, files: Sequence[DataFile], how: Reading) -> FileSource:
    """Types are those that fit all blocks of all files: a column with one text in it is text."""
    scanned = [csv_blocks.scanned(file, how.delimiter, skip=how.skip) for file in files]
    one_set_of_columns(files, [dict.fromkeys(scan.names, np.empty(0)) for scan in scanned])
    kinds = csv_blocks.kinds_of([block.kinds for scan in scanned for block in scan.blocks], scanned[0].names)
    parts = [
        Part(scan.file, block.first, block.rows, csv_blocks.reader(scan, block, kinds))
        for scan in scanned
        for block in scan.blocks
    ]
    return FileSource(Table(uri, csv_blocks.head(kinds)), tuple(parts), sum(scan.skipped for scan in scanned))


def _libsvm(uri: str, files: Sequence[DataFile], how: Reading) -> FileSource:
    found = [(file, block) for file in files for block in libsvm_blocks.scanned(file, skip=how.skip)]
    features = max(how.features, *(block.features for _, block in found), 0)
    refuse_width(uri, features)
    refuse_dense_width(uri, features)
    whole = all(block.whole for _, block in found)
    parts = [
        Part(file, block.first, block.rows, libsvm_blocks.reader(file, block, features, whole))
        for file, block in found
        if block.rows
    ]
    skipped = sum(block.skipped for _, block in found)
    return FileSource(Table(uri, libsvm_blocks.head(features, whole)), tuple(parts), skipped)
