"""Text in blocks that end where a line ends. Knows no format."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from lsml_trainer.data.places import DataFile, reading
from lsml_trainer.data.table import Column
from lsml_trainer.errors import InvalidData

Reader: TypeAlias = Callable[[int, int], Iterator[dict[str, Column]]]
"""Reads a range of a block's rows."""

BLOCK_BYTES = 4 << 20
LINE_BYTES = 64 << 20
"""Longer than that is no line."""


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


def text_at(file: DataFile, expected: str, begin: int, size: int) -> bytes:
    """These bytes of the file."""
    with reading(file.name, expected), file.open() as opened:
        text: bytes = opened.read_at(size, begin)
        return text
