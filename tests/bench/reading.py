"""Reading files: libsvm text against scikit-learn, Parquet to a row-major float32 matrix as people write it.

An entry of text, 12.7 bytes, takes 49 ns of processor time, shared by the cores, 40 of them in the loop over its bytes,
whose branches the processor cannot foresee (signs, lengths). A twentieth of scikit-learn's time is 28 ns of the wall's:
on two cores parsing alone takes 25, and reading the file and joining its parts, on one core, come on top.
Parquet: unpacking alone, by pyarrow and on one thread, takes 0.4 of the rival's time.
"""

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet
from sklearn.datasets import dump_svmlight_file, load_svmlight_file

from bench.harness import Options, Row, compare, run
from lsml_trainer.data import Feature, Preprocessing
from lsml_trainer.data.files import read_files
from lsml_trainer.data.places import matching
from lsml_trainer.data.readers import libsvm

ENTRIES = 50  # of a row, at most


def libsvm_file(folder: Path, rows: int) -> Path:
    """A sparse set of 54 features, with values as measurements have them."""
    random = np.random.default_rng(0)
    x_ND = np.round(random.normal(size=(rows, 54)), 6) * (random.random((rows, 54)) < 0.5)
    dump_svmlight_file(x_ND, random.integers(0, 2, rows), str(folder / "rows.svm"), zero_based=False)
    return folder / "rows.svm"


def parquet_file(folder: Path, rows: int, columns: int = 54) -> Path:
    """Numbers in float64, as data frames write them."""
    random = np.random.default_rng(0)
    table = pa.table({f"f{index}": random.normal(size=rows) for index in range(columns)})
    parquet.write_table(table, folder / "rows.parquet")
    return folder / "rows.parquet"


def our_text(file: Path) -> tuple[Any, ...]:
    """Labels and entries of all rows."""
    parts = libsvm.read(matching(f"file://{file}", file.parent)[0])
    return tuple(np.concatenate([getattr(part, name) for part in parts]) for name in ("label_N", "index_Z", "value_Z"))


def their_text(file: Path) -> tuple[Any, ...]:
    """The same from scikit-learn."""
    x_ND, y_N = load_svmlight_file(str(file), zero_based=False)
    return y_N, x_ND.indices + 1, x_ND.data


def our_matrix(file: Path) -> Any:
    """What an algorithm is given."""
    table = read_files(f"file://{file}", file.parent)
    return Preprocessing(tuple(Feature(name) for name in table.columns)).apply(table, np.float32)


def by_pandas_way(file: Path) -> Any:
    """pyarrow and numpy as people write it."""
    table = parquet.read_table(file)
    return np.ascontiguousarray(np.column_stack([column.to_numpy() for column in table.columns]).astype(np.float32))


def equal(ours: Any, theirs: Any) -> tuple[bool, str]:
    """To the bit."""
    same = all(np.array_equal(one, other) for one, other in zip(ours, theirs, strict=True))
    return same, "same bits" if same else "other values"


def main(options: Options) -> Iterator[Row]:
    """A row a format."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = libsvm_file(folder, options.rows(500_000))
        work = {"ours": partial(our_text, text), "load_svmlight_file": partial(their_text, text)}
        yield from compare(f"libsvm text, {text.stat().st_size >> 20} MiB", work, options, goal=1 / 20, quality=equal)
        table = parquet_file(folder, options.rows(1_000_000))
        work = {"ours": partial(our_matrix, table), "pyarrow and numpy": partial(by_pandas_way, table)}
        yield from compare(
            f"Parquet to float32, {table.stat().st_size >> 20} MiB", work, options, goal=1 / 4, quality=equal
        )


if __name__ == "__main__":
    run(__file__, main)
