"""CSV and Parquet files as tables: what is read, and what is refused in which words."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from lsml_trainer.data.files import read_files
from lsml_trainer.errors import InvalidData
from lsml_trainer.spec import Data, InvalidSpec, parse


def csv(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


def test_csv_files_are_joined_in_the_order_of_their_names(tmp_path: Path) -> None:
    csv(tmp_path, "set/b.csv", "x,n,kind", "3.5,3,dog")
    csv(tmp_path, "set/a.csv", "x,n,kind", "1.5,1,cat", "2.5,2,dog")
    table = read_files(f"file://{tmp_path}/set/*.csv", tmp_path)
    assert {name: list(values) for name, values in table.columns.items()} == {
        "x": [1.5, 2.5, 3.5],
        "n": [1, 2, 3],
        "kind": ["cat", "dog", "dog"],
    }
    assert [column.dtype.kind for column in table.columns.values()] == ["f", "i", "U"]


def test_parquet_keeps_its_types_and_what_is_missing_is_not_a_number(tmp_path: Path) -> None:
    columns = {
        "flag": pa.array([True, False]),
        "part": pa.array([1.0, None]),
        "word": pa.array(["a", "b"]).dictionary_encode(),
        "small": pa.array([1, 2], type=pa.int8()),
    }
    parquet.write_table(pa.table(columns), tmp_path / "rows.parquet")
    table = read_files(f"file://{tmp_path}/rows.parquet", tmp_path)
    assert list(table.columns["flag"]) == [1, 0]
    assert np.isnan(table.columns["part"][1])
    assert list(table.columns["word"]) == ["a", "b"]
    assert table.columns["small"].dtype == np.int64


def test_a_claim_is_read_where_it_is_mounted(tmp_path: Path) -> None:
    csv(tmp_path, "data/set/a.csv", "x,y", "1,2")
    csv(tmp_path, "data/top.csv", "x,y", "3,4")
    assert list(read_files("pvc://data/set/*.csv", tmp_path).columns["x"]) == [1]
    assert list(read_files("pvc://data/top.csv", tmp_path).columns["x"]) == [3]


def test_a_bad_file_is_named_with_what_was_expected(tmp_path: Path) -> None:
    """51"""
    csv(tmp_path, "short.csv", "x,y", "1,2", "3")
    csv(tmp_path, "wrong.parquet", "this is no Parquet")
    csv(tmp_path, "set/a.csv", "x,y", "1,2")
    csv(tmp_path, "set/b.csv", "x,z", "1,2")
    csv(tmp_path, "twice.csv", "x,x", "1,2")
    (tmp_path / "empty.csv").touch()
    refused = {
        "short.csv": "short.csv has 1 cells in row 2, and its header has 2; mend the row, or set data.onBadRow: skip",
        "wrong.parquet": "wrong.parquet cannot be read as Parquet",
        "empty.csv": "empty.csv is empty; CSV with a header is expected",
        "set/*.csv": "b.csv has the columns x, z, a.csv has x, y",
        "twice.csv": "twice.csv has two columns of the name 'x'; rename one",
        "none*.csv": "no file matches",
    }
    for name, words in refused.items():
        with pytest.raises(InvalidData, match=words):
            read_files(f"file://{tmp_path}/{name}", tmp_path)


def test_nothing_outside_of_the_claim_is_read(tmp_path: Path) -> None:
    """36"""
    secret = csv(tmp_path, "secret.csv", "x,y", "1,2")
    (tmp_path / "claims" / "data" / "set").mkdir(parents=True)
    (tmp_path / "claims" / "data" / "set" / "link.csv").symlink_to(secret)
    with pytest.raises(InvalidData, match="leads out of its folder"):
        read_files("pvc://data/set/*.csv", tmp_path / "claims")
    with pytest.raises(InvalidData, match="the claim other is not mounted"):
        read_files("pvc://other/set.csv", tmp_path / "claims")


@pytest.mark.parametrize(
    "uri",
    [
        "pvc://data/../x.csv",
        "pvc://data/.hidden/x.csv",
        "file://x.csv",
        "pvc://data/x.txt",
        "s3://bucket/../x.csv",
        "s3://bucket",
        "s3://key:secret@bucket/x.csv",
        "https://user:secret@host/x.csv",
        "https://host/x.csv?token=secret",
        "https://host/*.csv",
        "ftp://host/x.csv",
        "pvc:///x.csv",
    ],
)
def test_a_uri_that_no_reader_honours_does_not_pass_the_schema(uri: str) -> None:
    with pytest.raises(InvalidSpec, match=r"train\.uri"):
        parse(Data, {"train": {"uri": uri}}, at="spec.data")
