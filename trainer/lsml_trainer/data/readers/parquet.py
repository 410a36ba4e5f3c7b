"""Parquet, by pyarrow: whole, or a block of rows at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lsml_trainer.data.places import DataFile, reading
from lsml_trainer.data.readers.arrow import columns_of, refuse_twins
from lsml_trainer.data.table import Column


def read(file: DataFile) -> dict[str, Column]:
    """All columns of the file; raises InvalidData."""
    from pyarrow import parquet  # noqa: PLC0415  (0.3 s, and only files need it)

    with reading(file.name, "Parquet"), file.open() as opened:
        table = parquet.ParquetFile(opened).read()
    refuse_twins(table.column_names, file.name)
    return columns_of(table, file.name)


@dataclass(frozen=True)
class Layout:
    """What the end of the file says."""

    file: DataFile
    head: dict[str, Column]
    """The columns, without rows."""
    rows: int


def layout_of(file: DataFile) -> Layout:
    """Reads the end of the file; raises InvalidData."""
    empty, rows = end_of(file)
    return Layout(file, columns_of(empty, file.name), rows)


def end_of(file: DataFile) -> tuple[Any, int]:
    """The columns as a table of Arrow without rows, and how many rows there are; raises InvalidData."""
    from pyarrow import parquet  # noqa: PLC0415  (0.3 s, and only files need it)

    with reading(file.name, "Parquet"), file.open() as opened:
        found = parquet.ParquetFile(opened)
        empty, rows = found.schema_arrow.empty_table(), found.metadata.num_rows
    refuse_twins(empty.column_names, file.name)
    return empty, rows


def blocks(layout: Layout, begin: int, end: int, rows: int) -> Iterator[dict[str, Column]]:
    """A range of rows, so many at a time."""
    for table in tables(layout.file, begin, end, rows):
        yield columns_of(table, layout.file.name)


def tables(file: DataFile, begin: int, end: int, rows: int) -> Iterator[Any]:
    """A range of rows as tables of Arrow, so many rows at a time; of the first row group also the rows before are
    unpacked.
    """
    import pyarrow as pa  # noqa: PLC0415  (0.3 s, and only files need it)
    from pyarrow import parquet  # noqa: PLC0415  (0.3 s, and only files need it)

    after = 0
    with reading(file.name, "Parquet"), file.open() as opened:
        found = parquet.ParquetFile(opened)
        for group in range(found.num_row_groups):
            at, after = after, after + found.metadata.row_group(group).num_rows
            if after <= begin or at >= end:
                continue
            for batch in found.iter_batches(rows, row_groups=[group]):
                low, high = max(0, begin - at), min(batch.num_rows, end - at)
                at += batch.num_rows
                if low < high:
                    yield pa.Table.from_batches([batch.slice(low, high - low)])
                if at >= end:
                    break
