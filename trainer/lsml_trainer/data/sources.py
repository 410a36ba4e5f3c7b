"""Rows that are read when they are needed, a block at a time: they need not fit into memory. Knows no labels."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np

from lsml_trainer.data.table import Table

BLOCK_BYTES = 4 << 20
"""Of a block that a source gives, about."""


class Source(Protocol):
    """A table that is read by ranges of its rows; the same range gives the same rows every time."""

    @property
    def head(self) -> Table:
        """The table without its rows: its name, and the columns with their types."""
        ...

    @property
    def rows(self) -> int:
        """How many."""
        ...

    @property
    def digest(self) -> str:
        """sha256:HEX that tells the data apart."""
        ...

    @property
    def skipped(self) -> int:
        """Lines that are no rows of a table, and were left out; they have no numbers."""
        ...

    def read(self, begin: int, end: int) -> Iterator[Table]:
        """The rows of this range in their order, in blocks of any length; raises InvalidData."""
        ...


def block_rows(columns: int, item_bytes: int = 8) -> int:
    """How many rows a block has."""
    return max(1, BLOCK_BYTES // (max(1, columns) * item_bytes))


def regrouped(blocks: Iterable[Table], lengths: Sequence[int]) -> Iterator[Table]:
    """The same rows in tables of these lengths, whose sum is that of the blocks."""
    waiting: list[Table] = []
    blocks = iter(blocks)
    for length in lengths:
        there = sum(block.rows for block in waiting)
        while there < length:
            waiting.append(next(blocks))
            there += waiting[-1].rows
        whole = joined(waiting)
        yield whole.part(0, length)
        waiting = [whole.part(length, there)] if there > length else []


def joined(blocks: Sequence[Table]) -> Table:
    """One table of all rows; a view where there is one block."""
    if len(blocks) == 1:
        return blocks[0]
    numbers = [block.numbers_N for block in blocks if block.numbers_N is not None]
    return Table(
        blocks[0].source,
        {name: np.concatenate([block.columns[name] for block in blocks]) for name in blocks[0].columns},
        numbers_N=np.concatenate(numbers) if numbers else None,
    )
