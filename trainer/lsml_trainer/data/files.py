"""pvc:// and file://: CSV and Parquet files, read by pyarrow, as one table. Knows nothing of labels or features.

The files that a pattern names are read in the order of their names. A file that cannot be read is named, with what
was expected; files that do not have the same columns are named, too.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from lsml_trainer.data.table import Column, Table
from lsml_trainer.errors import InvalidData, InvalidModel, OutputUnavailable
from lsml_trainer.folders import folder_of


def read_files(uri: str, claims: Path) -> Table:
    """The rows of all files that `uri` names.

    Raises InvalidData for no file, one that cannot be read, or columns that differ.
    """
    import pyarrow as pa  # noqa: PLC0415  (0.3 s to import, and not needed for builtin data)

    files = matching(uri, claims)
    tables = [(file, _read(file, pa)) for file in files]
    names = tables[0][1].column_names
    for file, table in tables[1:]:
        if table.column_names != names:
            raise InvalidData(
                f"{file.name} has the columns {', '.join(table.column_names)}, {files[0].name} has {', '.join(names)}; "
                "files of one data set have the same columns in the same order"
            )
    parts = {name: [_values(table.column(name), name, file, pa) for file, table in tables] for name in names}
    return Table(uri, {name: _joined(columns) for name, columns in parts.items()})


def matching(uri: str, claims: Path) -> list[Path]:
    """The files of a URI whose last part may hold `*`, sorted; raises InvalidData."""
    where, _, pattern = uri.rpartition("/")
    try:
        folder = folder_of(f"{where}/", claims) if where.startswith("file://") else _claim_folder(where, claims)
    except (InvalidModel, OutputUnavailable) as error:
        raise InvalidData(f"data.train.uri: {error}") from None
    found = sorted(path for path in folder.glob(pattern) if path.is_file())
    outside = [path for path in found if not path.resolve().is_relative_to(folder.resolve())]
    if outside:
        raise InvalidData(f"data.train.uri: {outside[0].name} is a link that leads out of its folder; copy the file")
    if not found:
        raise InvalidData(f"data.train.uri: no file matches {uri}")
    return found


def _claim_folder(where: str, claims: Path) -> Path:
    claim, _, folder = where.removeprefix("pvc://").partition("/")
    if folder:
        return folder_of(where, claims)
    if not (claims / claim).is_dir():
        raise OutputUnavailable(
            f"the claim {claim} is not mounted at {claims / claim}; set LSML_CLAIMS, or use file://"
        )
    return claims / claim


def _read(file: Path, pa: Any) -> Any:
    from pyarrow import csv, parquet  # noqa: PLC0415

    try:
        table = csv.read_csv(file) if file.suffix == ".csv" else parquet.read_table(file)
    except (pa.ArrowException, OSError) as error:
        words = " ".join(str(error).split())[:300]
        kind = "CSV with a header" if file.suffix == ".csv" else "Parquet"
        raise InvalidData(f"{file.name} cannot be read as {kind}: {words}") from None
    if len(set(table.column_names)) < table.num_columns:
        raise InvalidData(f"{file.name} has two columns of one name: {', '.join(table.column_names)[:300]}")
    return table


def _values(column: Any, name: str, file: Path, pa: Any) -> Column:
    """Whole numbers as int64, other numbers as float64 with NaN for what is missing, all else as text."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int64())
    if pa.types.is_integer(column.type) and column.null_count == 0:
        whole: Column = column.cast(pa.int64()).to_numpy()
        return whole
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        numbers: Column = column.cast(pa.float64()).to_numpy()
        return numbers
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return np.array(column.fill_null("").to_pylist(), dtype=np.str_)
    raise InvalidData(f"column {name!r} of {file.name} is of type {column.type}; numbers and text can be learned from")


def _joined(parts: Sequence[Column]) -> Column:
    """The rows of all files; where one file has whole numbers and another has not, they are numbers."""
    return cast(Column, np.concatenate(parts))
