"""The files that a URI names as one table. Knows formats by name; nothing of labels or features.

The files that a pattern names are read in the order of their names. A file that cannot be read is named, with what
was expected; files that do not have the same columns are named, too.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np

from lsml_trainer.data.places import DataFile, matching
from lsml_trainer.data.readers import csv, libsvm, npy, parquet
from lsml_trainer.data.sparse_table import SparseTable
from lsml_trainer.data.table import Column, Table
from lsml_trainer.errors import InvalidData

Columns = Mapping[str, Column]


class Reading(NamedTuple):
    """How files are read."""

    delimiter: str = ","
    skip: bool = False
    """Leave out lines that are no rows, and count them."""
    features: int = 0
    """Of libsvm files at least so many."""


def read_files(uri: str, claims: Path, how: Reading = Reading()) -> Table:  # noqa: B008  (it is frozen)
    """As `read_as_written`, with all zeros; raises InvalidData where they do not fit into memory."""
    found = read_as_written(uri, claims, how)
    return found.dense() if isinstance(found, SparseTable) else found


def read_as_written(uri: str, claims: Path, how: Reading) -> Table | SparseTable:
    """The rows of all files that `uri` names; those of libsvm files without their zeros.

    Raises InvalidData for no file, one that cannot be read, or columns that differ.
    """
    files = matching(uri, claims)
    if {file.kind for file in files} == {"libsvm"}:
        return _libsvm(uri, files, how)
    found = [_read(file, how) for file in files]
    parts = [columns for columns, _ in found]
    one_set_of_columns(files, parts)
    columns = {name: joined(name, [part[name] for part in parts], files) for name in parts[0]}
    lengths = [len(next(iter(part.values()), ())) for part in parts]
    return Table(uri, columns, origins=origins(files, lengths), skipped=sum(skipped for _, skipped in found))


def origins(files: Sequence[DataFile], rows: Sequence[int]) -> tuple[tuple[str, int], ...]:
    """The names of the files, and the number of the first row of each."""
    return tuple(zip((file.name for file in files), accumulate(rows, initial=0), strict=False))


def one_set_of_columns(files: Sequence[DataFile], parts: Sequence[Columns]) -> None:
    """Raises InvalidData where files have other columns than the first one."""
    names = list(parts[0])
    for file, part in zip(files[1:], parts[1:], strict=True):
        if list(part) != names:
            raise InvalidData(
                f"{file.name} has the columns {_listed(part)}, {files[0].name} has {_listed(names)}; "
                "files of one data set have the same columns in the same order"
            )


def _read(file: DataFile, how: Reading) -> tuple[Columns, int]:
    """The columns, and how many rows were left out."""
    if file.kind == "parquet":
        return parquet.read(file), 0
    if file.kind == "npy":
        layout = npy.layout_of(file)
        return npy.read(layout, 0, layout.rows), 0
    return csv.read(file, how.delimiter, skip=how.skip)


def _libsvm(uri: str, files: Sequence[DataFile], how: Reading) -> SparseTable:
    """As many features as the largest index of all files says."""
    by_file = [libsvm.read(file, skip=how.skip) for file in files]
    parts = [part for pieces in by_file for part in pieces]
    features = max(how.features, *(part.features for part in parts))
    libsvm.refuse_width(uri, features)
    where = origins(files, [sum(part.rows for part in pieces) for pieces in by_file])
    return SparseTable(uri, tuple(parts), features, where)


def joined(name: str, parts: Sequence[Column], files: Sequence[DataFile]) -> Column:
    """The rows of all parts; where one has whole numbers and another has not, they are numbers."""
    kinds = {part.dtype.kind == "U" for part in parts if len(part)}
    if len(kinds) > 1:
        texts = next(file for file, part in zip(files, parts, strict=True) if part.dtype.kind == "U")
        others = next(file for file, part in zip(files, parts, strict=True) if part.dtype.kind != "U")
        raise InvalidData(f"column {name!r} holds text in {texts.name} and numbers in {others.name}; mend one of them")
    return cast(Column, parts[0] if len(parts) == 1 else np.concatenate(parts))


def _listed(names: Sequence[str] | Columns) -> str:
    listed = list(names)
    return ", ".join(listed[:12]) + (f" and {len(listed) - 12} more" if len(listed) > 12 else "")
