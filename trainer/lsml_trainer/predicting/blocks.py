"""The rows of a part as a model takes them: a table of its columns, or of libsvm text CSR rows, or tables of a few."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lsml_trainer.algorithms.base import chunk_rows, slices
from lsml_trainer.data import Preprocessing, Table
from lsml_trainer.data.readers.libsvm import SparseRows, refuse_dense_width
from lsml_trainer.data.sparse_table import SparseTable
from lsml_trainer.errors import InvalidData
from lsml_trainer.predicting.cells import feature_table
from lsml_trainer.predicting.parts import Part

if TYPE_CHECKING:
    from scipy.sparse import csr_array  # half a second, which only sparse data need


def blocks_of(part: Part, rows: Any, preprocessing: Preprocessing, *, sparse: bool) -> "Iterator[Table | csr_array]":
    """What Model takes, at least one; `rows` are the part's, and libsvm text is CSR if it may be `sparse`.

    Raises InvalidData where a cell is wrong, or the model was not made of numbered features.
    """
    if part.file.kind != "libsvm":
        yield feature_table(part, rows, preprocessing.features)
        return
    text = part.parsed()
    if sparse:
        yield _csr(part, text, preprocessing)
        return
    features = len(preprocessing.names)
    refuse_dense_width(part.file.name, features)
    for rows_N in slices(text.rows, chunk_rows(features, 8)):
        x_ND = _csr(part, text.part(rows_N.start, min(rows_N.stop, text.rows)), preprocessing).toarray()
        yield Table(part.file.name, {name: x_ND[:, at] for at, name in enumerate(preprocessing.names)})


def _csr(part: Part, rows: SparseRows, preprocessing: Preprocessing) -> "csr_array":
    """The model's features; indices that are none of them are left out, as where it was evaluated."""
    names = preprocessing.names
    strange = next((name for name in names if not re.fullmatch(r"f[1-9][0-9]{0,8}", name)), None)
    if strange is not None:
        raise InvalidData(
            f"{part.file.name} lacks the column {strange!r}: libsvm text has f1, f2, ...; give CSV or Parquet"
        )
    features = max(rows.features, *(int(name[1:]) for name in names))
    return SparseTable(part.file.name, (rows,), features, ()).csr(names)
