"""Text in blocks that end where a line ends: counted once, then read apart from each other. Knows no format."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

import numpy as np

from lsml_trainer.data.places import DataFile, reading
from lsml_trainer.data.table import Column
from lsml_trainer.errors import InvalidData

Reader: TypeAlias = Callable[[int, int], Iterator[dict[str, Column]]]
"""Reads a range of a block's rows."""

BLOCK_BYTES = 4 << 20
LINE_BYTES = 64 << 20
"""Longer than that is no line."""
QUOTE, NEWLINE = ord('"'), ord("\n")


@dataclass(frozen=True)
class Block:
    """Some lines of a file."""

    begin: int
    size: int
    """In bytes."""
    first: int
    """The number of the first of its rows in the file, from 0."""
    rows: int


def line_blocks(file: DataFile, expected: str, size: int = BLOCK_BYTES) -> Iterator[tuple[int, bytes]]:
    """(where it begins, text) of blocks of at least `size` bytes, the last one excepted."""
    at, rest = 0, b""
    with reading(file.name, expected), file.open() as opened:
        while read := opened.read(size):
            text = rest + read
            cut = text.rfind(b"\n") + 1
            if cut:
                yield at, text[:cut]
                at += cut
            elif len(text) > LINE_BYTES:
                raise InvalidData(f"{file.name} has a line of more than {LINE_BYTES >> 20} MiB; {expected} is expected")
            rest = text[cut:]
    if rest:
        yield at, rest


def line_edges(stream: BinaryIO, lines: int, size: int = BLOCK_BYTES) -> list[int]:
    """Where the first line ends, and from there each part of so many lines; a quoted cell may span lines.

    A line ends where the number of quotes before it is even (RFC 4180: a quote in a cell is written twice).
    """
    edges: list[int] = []
    at, passed, wanted, quotes = 0, 0, 1, 0
    while block := stream.read(size):
        content = np.frombuffer(block, dtype=np.uint8)
        counted = np.cumsum(content == QUOTE) + quotes
        ends = np.flatnonzero((content == NEWLINE) & (counted % 2 == 0)) + 1
        while wanted <= passed + len(ends):
            edges.append(at + int(ends[wanted - passed - 1]))
            wanted += lines
        at, passed, quotes = at + len(block), passed + len(ends), int(counted[-1])
    return edges if edges and edges[-1] == at else [*edges, at]


def text_at(file: DataFile, expected: str, begin: int, size: int) -> bytes:
    """These bytes of the file."""
    with reading(file.name, expected), file.open() as opened:
        text: bytes = opened.read_at(size, begin)
        return text
