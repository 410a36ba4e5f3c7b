"""Parquet, by pyarrow: whole, or a block of rows at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

from lsml_trainer.data.places import DataFile, reading
from lsml_trainer.data.readers.arrow import columns_of, refuse_twins
from lsml_trainer.data.table import Column


def read(file: DataFile) -> dict[str, Column]:
    """All columns of the file; raises InvalidData."""
    from pyarrow import parquet  # noqa: PLC0415

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
    group_rows: tuple[int, ...]


def layout_of(file: DataFile) -> Layout:
    """Reads the end of the file; raises InvalidData."""
    from pyarrow import parquet  # noqa: PLC0415

    with reading(file.name, "Parquet"), file.open() as opened:
        found = parquet.ParquetFile(opened)
        head = found.schema_arrow.empty_table()
        rows = [found.metadata.row_group(group).num_rows for group in range(found.num_row_groups)]
    refuse_twins(head.column_names, file.name)
    return Layout(file, columns_of(head, file.name), tuple(rows))


def blocks(layout: Layout, begin: int, end: int, rows: int) -> Iterator[dict[str, Column]]:
    """A range of rows, so many at a time; of the first row group also the rows before are unpacked."""
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    at = 0
    with layout.file.open() as opened:
        found = parquet.ParquetFile(opened)
        for group, count in enumerate(layout.group_rows):
            if at + count > begin and at < end:
                first = at
                for batch in found.iter_batches(rows, row_groups=[group]):
                    low, high = max(0, begin - first), min(batch.num_rows, end - first)
                    if low < high:
                        table = pa.Table.from_batches([batch.slice(low, high - low)])
                        yield columns_of(table, layout.file.name)
                    first += batch.num_rows
            at += count
