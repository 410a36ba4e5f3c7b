"""NPY, NumPy's own file: one table of numbers, or of a structured type. Never unpickles anything.

Its columns have no names, so they are f0, f1, ...; those of a structured type have theirs.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from lsml_trainer.data.places import DataFile, reading
from lsml_trainer.data.table import Column
from lsml_trainer.errors import InvalidData

HEADER_BYTES = 1 << 16
"""Longer than that is no header of numbers."""


@dataclass(frozen=True)
class Layout:
    """What the header says."""

    file: DataFile
    rows: int
    names: tuple[str, ...]
    dtype: np.dtype[Any]
    """Of a row of a structured table, else of a value."""
    by_column: bool
    """Whether the values of a column are side by side (Fortran's order)."""
    offset: int
    """Where the values begin, in bytes."""

    @property
    def row_bytes(self) -> int:
        """Of one row."""
        return int(self.dtype.itemsize * (1 if self.dtype.names else len(self.names)))


def layout_of(file: DataFile) -> Layout:
    """Reads the header; raises InvalidData for anything but a table of numbers, and for a file that is too short."""
    with reading(file.name, "NPY"), file.open() as opened:
        head = BytesIO(opened.read(HEADER_BYTES))
    try:
        version = npy.read_magic(head)
        header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, by_column, dtype = header(head, max_header_size=HEADER_BYTES)
    except (ValueError, EOFError, TypeError, SyntaxError):
        raise InvalidData(f"{file.name} cannot be read as NPY: its beginning does not describe an array") from None
    names = _names(file, shape, dtype)
    layout = Layout(file, int(shape[0]), names, dtype, by_column and len(shape) == 2, head.tell())
    wanted = layout.offset + layout.rows * layout.row_bytes
    if file.size < wanted:
        raise InvalidData(f"{file.name} is cut off: it has {file.size} bytes, its header speaks of {wanted}")
    return layout


def _names(file: DataFile, shape: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[str, ...]:
    if dtype.hasobject:
        raise InvalidData(f"{file.name} holds Python objects, which are never loaded; save numbers: x.astype(float)")
    if dtype.names:
        if len(shape) != 1:
            raise InvalidData(f"{file.name} has {len(shape)} dimensions of records; a list of records is expected")
        return tuple(dtype.names)
    if dtype.kind not in "biuf":
        raise InvalidData(f"{file.name} holds values of type {dtype}; numbers are expected")
    if len(shape) != 2:
        raise InvalidData(f"{file.name} has {len(shape)} dimension(s); a table of rows and columns has 2")
    if not shape[1]:
        raise InvalidData(f"{file.name} has {shape[0]} rows and no columns; there is nothing to learn from")
    return tuple(f"f{position}" for position in range(shape[1]))


def read(layout: Layout, begin: int, end: int) -> dict[str, Column]:
    """The rows from `begin` to `end`; of a table whose rows are side by side the columns are views of one array."""
    if layout.by_column:
        return {name: _along(layout, position, begin, end) for position, name in enumerate(layout.names)}
    rows = _values(layout, layout.offset + begin * layout.row_bytes, (end - begin) * layout.row_bytes)
    if layout.dtype.names:
        return {name: _column(rows[name], layout, name) for name in layout.names}
    table_ND = _numbers(rows.reshape(end - begin, len(layout.names)))
    return {name: table_ND[:, position] for position, name in enumerate(layout.names)}


def _along(layout: Layout, position: int, begin: int, end: int) -> Column:
    size = layout.dtype.itemsize
    return _numbers(_values(layout, layout.offset + (position * layout.rows + begin) * size, (end - begin) * size))


def _values(layout: Layout, at: int, size: int) -> NDArray[Any]:
    with reading(layout.file.name, "NPY"), layout.file.open() as opened:
        return np.frombuffer(opened.read_at(size, at), dtype=layout.dtype)


def _column(values_N: NDArray[Any], layout: Layout, name: str) -> Column:
    if values_N.dtype.kind == "U":
        return values_N
    if values_N.dtype.kind not in "biuf" or values_N.ndim != 1:
        raise InvalidData(
            f"column {name!r} of {layout.file.name} is of type {layout.dtype[name]}; "
            "numbers and text can be learned from"
        )
    return _numbers(values_N)


def _numbers(values: NDArray[Any]) -> Column:
    """Whole numbers as int64, others as float32 where that holds them, else float64."""
    if values.dtype.kind == "f":
        if values.dtype.itemsize <= 4:
            return values.astype(np.float32, copy=False)
        return values.astype(np.float64, copy=False)
    if values.dtype == np.uint64:
        return values.astype(np.float64)
    return values.astype(np.int64, copy=False)
