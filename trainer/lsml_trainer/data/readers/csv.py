"""CSV with a header, by pyarrow; packed (.csv.gz) as well. Names the row that does not fit."""

import csv as standard_csv
from collections.abc import Mapping, Sequence
from typing import Any

from lsml_trainer.data.places import DataFile, reading
from lsml_trainer.data.readers.arrow import columns_of, refuse_twins
from lsml_trainer.data.table import Column
from lsml_trainer.errors import InvalidData

EXPECTED = "CSV with a header"
HEADER_BYTES = 1 << 20
"""A first line that is longer is no header."""
RAGGED_REMEDY = "mend the row, or set data.onBadRow: skip"


def read(file: DataFile, delimiter: str, *, skip: bool = False) -> tuple[dict[str, Column], int]:
    """All columns of the file, and how many rows were left out, which are those with too few or too many cells.

    Raises InvalidData, also for such a row unless they are to be skipped.
    """
    from pyarrow import csv  # noqa: PLC0415  (0.3 s, and only files need it)

    refuse_no_text(file)
    ragged: list[Any] = []
    with reading(file.name, EXPECTED), file.stream() as stream:
        table = csv.read_csv(stream, **options(csv, delimiter, ragged))
        names = table.column_names
    if ragged and not skip:
        raise ragged_row(file, delimiter)
    refuse_names(names, file, delimiter)
    return columns_of(table, file.name), len(ragged)


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


def table_of(
    lines: bytes,
    names: Sequence[str],
    delimiter: str = ",",
    types: Mapping[str, Any] | None = None,
    *,
    as_text: bool = False,
) -> tuple[Any, list[Any]]:
    """Lines without a header as a table of Arrow, and those with too few or too many cells, which are not in it.

    As text every cell is as it is written, and a quoted one may span lines; otherwise `types` says what columns are,
    and of the others their cells do.
    """
    import pyarrow as pa  # noqa: PLC0415  (0.3 s, and only files need it)
    from pyarrow import csv  # noqa: PLC0415  (0.3 s, and only files need it)

    if not lines.strip():
        return pa.table({name: pa.array([], pa.string() if as_text else pa.null()) for name in names}), []
    ragged: list[Any] = []
    how = options(csv, delimiter, ragged, threads=False)
    how["read_options"].column_names = list(names)
    how["read_options"].block_size = len(lines) + 1
    how["parse_options"].newlines_in_values = as_text
    how["convert_options"].column_types = dict.fromkeys(names, pa.string()) if as_text else dict(types or {})
    if as_text:
        how["convert_options"].null_values = [""]
    return csv.read_csv(pa.BufferReader(lines), **how), ragged


def header_of(line: bytes, file: DataFile, delimiter: str = ",") -> tuple[str, ...]:
    """The names in the first line; raises InvalidData."""
    try:
        names = next(standard_csv.reader([line.decode("utf-8-sig")], delimiter=delimiter, strict=True), [])
    except UnicodeDecodeError:
        raise InvalidData(f"{file.name} is not text in UTF-8; save the file as UTF-8") from None
    except standard_csv.Error as error:
        raise InvalidData(f"{file.name} has no header that can be read: {error}") from None
    if not names:
        raise InvalidData(f"{file.name} is empty; {EXPECTED} is expected")
    refuse_twins(names, file.name)
    return tuple(names)


def ragged_row(file: DataFile, delimiter: str) -> InvalidData:
    """What is said of the first row that has too few or too many cells; reads again, for only one thread counts."""
    from pyarrow import csv  # noqa: PLC0415  (0.3 s, and only files need it)

    ragged: list[Any] = []
    with reading(file.name, EXPECTED), file.stream() as stream:
        csv.read_csv(stream, **options(csv, delimiter, ragged, threads=False))
    return not_as_many(file, ragged[0], ragged[0].number - 1, RAGGED_REMEDY)


def not_as_many(file: DataFile, row: Any, number: int, remedy: str) -> InvalidData:
    """What is said of a row that has too few or too many cells."""
    return InvalidData(
        f"{file.name} has {row.actual_columns} cells in row {number}, and its header has {row.expected_columns}; "
        f"{remedy}"
    )


def refuse_no_text(file: DataFile) -> None:
    """Raises InvalidData for a file without a byte, and for one that is no text or whose first line does not end."""
    if file.size == 0:
        raise InvalidData(f"{file.name} is empty; {EXPECTED} is expected")
    with reading(file.name, EXPECTED), file.stream() as stream:
        beginning = stream.read(HEADER_BYTES)
    if b"\0" in beginning:
        raise InvalidData(f"{file.name} is not text in UTF-8; save the file as UTF-8")
    if len(beginning) == HEADER_BYTES and b"\n" not in beginning:
        raise InvalidData(f"{file.name} has a first line of more than {HEADER_BYTES >> 20} MiB; {EXPECTED} is expected")


def refuse_names(names: Sequence[str], file: DataFile, delimiter: str) -> None:
    """Raises InvalidData where two columns have one name, or the delimiter is another one."""
    refuse_twins(list(names), file.name)
    other = next((sign for sign in ";\t|," if len(names) == 1 and sign in names[0] and sign != delimiter), None)
    if other is not None:
        raise InvalidData(
            f"{file.name} has one column, {names[0][:80]!r}; where {other!r} is between the cells, "
            f"set data.train.delimiter to it"
        )
