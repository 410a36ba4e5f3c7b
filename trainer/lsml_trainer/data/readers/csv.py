"""CSV with a header, by pyarrow; packed (.csv.gz) as well. Names the row that does not fit."""

from typing import Any

from lsml_trainer.data.places import DataFile, reading
from lsml_trainer.data.readers.arrow import columns_of, refuse_twins
from lsml_trainer.data.table import Column
from lsml_trainer.errors import InvalidData

EXPECTED = "CSV with a header"


def read(file: DataFile, delimiter: str) -> dict[str, Column]:
    """All columns of the file; raises InvalidData."""
    from pyarrow import csv  # noqa: PLC0415

    refuse_nothing(file)
    ragged: list[Any] = []
    with reading(file.name, EXPECTED), file.stream() as stream:
        table = csv.read_csv(stream, **options(csv, delimiter, ragged))
    if ragged:
        raise ragged_row(file, delimiter)
    refuse_twins(table.column_names, file.name)
    return columns_of(table, file.name)


def options(csv: Any, delimiter: str, ragged: list[Any], *, threads: bool = True) -> dict[str, Any]:
    """What pyarrow is told; rows with too few or too many cells go to `ragged`."""

    def keep(row: Any) -> str:
        ragged.append(row)
        return "skip"

    return {
        "read_options": csv.ReadOptions(use_threads=threads),
        "parse_options": csv.ParseOptions(delimiter=delimiter, invalid_row_handler=keep),
        "convert_options": csv.ConvertOptions(strings_can_be_null=True),
    }


def ragged_row(file: DataFile, delimiter: str) -> InvalidData:
    """What is said of the first row that has too few or too many cells; reads again, for only one thread counts."""
    from pyarrow import csv  # noqa: PLC0415

    ragged: list[Any] = []
    with reading(file.name, EXPECTED), file.stream() as stream:
        csv.read_csv(stream, **options(csv, delimiter, ragged, threads=False))
    first = ragged[0]
    return InvalidData(
        f"{file.name} has {first.actual_columns} cells in row {first.number - 1}, and its header has "
        f"{first.expected_columns}; mend the row, or set data.onBadRow: skip"
    )


def refuse_nothing(file: DataFile) -> None:
    """Raises InvalidData for a file without a byte."""
    if file.size == 0:
        raise InvalidData(f"{file.name} is empty; {EXPECTED} is expected")
