"""Parquet, by pyarrow."""

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
