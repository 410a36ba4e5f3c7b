"""libsvm text (also svmlight's): sparse rows, whose columns are `target` and f1, f2, ..., the indices as written.

A file is cut at ends of lines into parts that threads parse at once. nan and inf are no numbers of this format.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.data.places import DataFile, reading
from lsml_trainer.data.table import Column
from lsml_trainer.errors import InvalidData

LABEL = "target"
PART_BYTES = 8 << 20
KEPT_BAD = 16
MOST_FEATURES = 4_000_000  # of what learns from them a number each is kept, in some copies
MOST_COLUMNS = 100_000

WRONG = {
    1: "a number, the label, is expected at the line's beginning",
    2: "index:value is expected, with an index of 1 at least",
    3: "the index is 0; indices begin at 1",
    4: "the indices do not ascend",
    5: "a number is expected after the colon",
}


@dataclass(frozen=True)
class SparseRows:
    """Some rows of a file."""

    label_N: NDArray[np.float64]
    start_N: NDArray[np.int64]
    """Where each row's entries begin, and the end of the last."""
    index_Z: NDArray[np.int32]
    """From 1."""
    value_Z: NDArray[np.float64]
    lines: int
    bad: tuple[tuple[int, str], ...] = ()
    """Lines of this part, from 1, that are no rows, and what is said of them; the first few."""
    bad_lines: int = 0

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.label_N)

    @property
    def features(self) -> int:
        """The largest index."""
        return int(self.index_Z.max(initial=0))

    def part(self, begin: int, end: int) -> "SparseRows":
        """The rows from `begin` to `end`."""
        first, after = int(self.start_N[begin]), int(self.start_N[end])
        return replace(
            self,
            label_N=self.label_N[begin:end],
            start_N=self.start_N[begin : end + 1] - first,
            index_Z=self.index_Z[first:after],
            value_Z=self.value_Z[first:after],
        )

    def without_rows(self) -> "SparseRows":
        """What is left when the lines were counted."""
        return self.part(0, 0)

    def dense(self, features: int) -> NDArray[np.float64]:
        """(rows, features)."""
        x_ND = np.zeros((self.rows, features))
        self.dense_into(x_ND)
        return x_ND

    def dense_into(self, x_ND: NDArray[np.float64]) -> None:
        """What is not 0 into a matrix of zeros; indices beyond its columns are left out."""
        from lsml_trainer.data.readers.libsvm_text import spread  # noqa: PLC0415  (imports numpy)

        spread(self.start_N, self.index_Z, self.value_Z, x_ND)

    def columns(self, features: int) -> dict[str, Column]:
        """The label and the features, which are views of one array."""
        x_ND = self.dense(features)
        return {LABEL: as_whole(self.label_N), **{f"f{index + 1}": x_ND[:, index] for index in range(features)}}


def as_whole(label_N: NDArray[np.float64]) -> Column:
    """Labels that are all whole are whole numbers."""
    whole = bool((label_N == np.floor(label_N)).all() and (np.abs(label_N) < 2**53).all())
    return label_N.astype(np.int64) if whole else label_N


def read(file: DataFile, *, skip: bool = False) -> list[SparseRows]:
    """The whole file; raises InvalidData with the line where one is no row, unless they are to be skipped."""
    with reading(file.name, "libsvm text"), file.stream() as stream:
        text = stream.read()
    ends = cuts(text)
    workers = min(len(ends), os.cpu_count() or 1)
    with ThreadPoolExecutor(workers) as threads:
        parts = list(threads.map(lambda piece: parsed(text[piece[0] : piece[1]]), ends))
    if not skip:
        refuse_bad(file, parts)
    return parts


def cuts(text: bytes) -> list[tuple[int, int]]:
    """Pieces of about PART_BYTES that end at the end of a line."""
    edges = [0]
    while (cut := text.find(b"\n", edges[-1] + PART_BYTES)) >= 0:
        edges.append(cut + 1)
    return list(zip(edges, [*edges[1:], len(text)], strict=True))


def parsed(text: bytes) -> SparseRows:
    """The rows of whole lines."""
    from lsml_trainer.data.readers.libsvm_text import AFTER, POWERS, parse  # noqa: PLC0415  (compiles, or loads what it compiled)

    letters = np.frombuffer(text + AFTER, dtype=np.uint8)
    lines, most = (int(np.count_nonzero(letters == sign)) for sign in b"\n:")  # a tenth of what text.count takes
    label_N, start_N = np.empty(lines), np.empty(lines + 1, dtype=np.int64)
    index_Z, value_Z = np.empty(most, dtype=np.int32), np.empty(most)
    inexact, bad = np.empty((most + lines, 2), dtype=np.int64), np.empty((KEPT_BAD, 3), dtype=np.int64)
    rows, entries, fuzzy, wrong = parse(letters, POWERS, label_N, start_N, index_Z, value_Z, inexact, bad)
    for place, begin in inexact[:fuzzy].tolist():
        value = float(_word(text, begin))
        if place < 0:
            label_N[-1 - place] = value
        else:
            value_Z[place] = value
    said = tuple(
        (line, f"{_word(text, at).decode('utf-8', 'replace')!r}: {WRONG[code]}")
        for line, code, at in bad[:wrong].tolist()
    )
    return SparseRows(
        label_N[:rows], start_N[: rows + 1], index_Z[:entries], value_Z[:entries], lines - 1, said, int(wrong)
    )


def _word(text: bytes, begin: int) -> bytes:
    """What stands there, up to a blank."""
    end = begin + 64
    while end < len(text) and text[end] > 32:  # a number may have a thousand digits
        end += 1
    return text[begin:end].split(None, 1)[0].partition(b"#")[0]


def refuse_width(uri: str, features: int) -> None:
    """Raises InvalidData for an index that only a slip of the pen can be."""
    if features > MOST_FEATURES:
        raise InvalidData(f"{uri} has the index {features}; {MOST_FEATURES} features at most are read from libsvm text")


def refuse_dense_width(uri: str, features: int) -> None:
    """Raises InvalidData for more columns than are made, each an array of its own."""
    if features > MOST_COLUMNS:
        raise InvalidData(
            f"{uri} has {features} features, and of more than {MOST_COLUMNS} the zeros are not written out; leave them "
            "out: take data.memory, standardize, categorical and train.weight out, set data.missing: fail or drop and "
            f"data.train.label: {LABEL}"
        )


def refuse_bad(file: DataFile, parts: Sequence[SparseRows]) -> None:
    """Raises InvalidData for the first line that is no row."""
    for line, said in numbered(parts):
        raise InvalidData(f"{file.name} line {line} is no libsvm row at {said}; mend it, or set data.onBadRow: skip")


def numbered(parts: Sequence[SparseRows]) -> Iterator[tuple[int, str]]:
    """The bad lines by their numbers in the file."""
    before = 0
    for part in parts:
        yield from ((before + line, said) for line, said in part.bad)
        before += part.lines
