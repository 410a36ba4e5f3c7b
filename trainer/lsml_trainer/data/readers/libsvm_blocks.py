"""libsvm text in blocks of lines: counted once, then read where it is wanted, zeros written out."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lsml_trainer.data.places import DataFile
from lsml_trainer.data.readers.libsvm import LABEL, as_whole, parsed, refuse_bad
from lsml_trainer.data.readers.line_blocks import Block, Reader, line_blocks, text_at
from lsml_trainer.data.sources import block_rows
from lsml_trainer.data.table import Column

EXPECTED = "libsvm text"


@dataclass(frozen=True)
class LibsvmBlock(Block):
    """Some lines, and what is in them."""

    features: int
    """The largest index."""
    whole: bool
    """Whether all labels are whole numbers."""
    skipped: int
    """Lines that are no rows."""


def scanned(file: DataFile, *, skip: bool = False) -> list[LibsvmBlock]:
    """Reads all of the file; raises InvalidData with the line where one is no row, unless they are to be skipped."""
    blocks: list[LibsvmBlock] = []
    parts = []
    first = 0
    for at, text in line_blocks(file, EXPECTED):
        part = parsed(text)
        parts.append(part.without_rows())
        if not skip:
            refuse_bad(file, parts)
        whole = as_whole(part.label_N).dtype.kind == "i"
        blocks.append(LibsvmBlock(at, len(text), first, part.rows, part.features, whole, part.bad_lines))
        first += part.rows
    return blocks


def reader(file: DataFile, block: LibsvmBlock, features: int, whole: bool) -> Reader:
    """Reads ranges of a block's rows, some at a time: thousands of features can make a few lines large."""

    def read(low: int, high: int) -> Iterator[dict[str, Column]]:
        rows = parsed(text_at(file, EXPECTED, block.begin, block.size))
        step = block_rows(features)
        for begin in range(low, high, step):
            columns = rows.part(begin, min(high, begin + step)).columns(features)
            columns[LABEL] = as_kind(columns[LABEL], whole)
            yield columns

    return read


def as_kind(label_N: Column, whole: bool) -> Column:
    """Labels as whole numbers, or as numbers."""
    return label_N.astype(np.int64) if whole else label_N.astype(np.float64)


def head(features: int, whole: bool) -> dict[str, Column]:
    """The columns, without rows."""
    return {LABEL: as_kind(np.empty(0), whole), **{f"f{index + 1}": np.empty(0) for index in range(features)}}
