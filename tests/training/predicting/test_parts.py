"""Files in parts: every row is in one of them, whatever the cuts; what cannot be read is named by row and column."""

import csv
import io
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from lsml_trainer.data.readers.line_blocks import line_edges
from lsml_trainer.errors import InvalidData
from lsml_trainer.predicting.parts import files_of, parts_of

CELLS = st.text(st.sampled_from('ab,"\n é'), max_size=4)


def a_csv(folder: Path, content: str | bytes, name: str = "rows.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def all_rows(file: Path, part_rows: int) -> list[list[str | None]]:
    return [
        list(row.values()) for part in parts_of(files_of(str(file), file), part_rows) for row in part.read().to_pylist()
    ]


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(CELLS, CELLS), max_size=9), part_rows=st.integers(1, 4), end=st.sampled_from(["", "\n"]))
def test_the_parts_of_csv_are_the_whole(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], part_rows: int, end: str
) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
    file = a_csv(tmp_path_factory.mktemp("csv"), text.getvalue().removesuffix("\n") + end)
    assert all_rows(file, part_rows) == [[cell or None for cell in row] for row in rows]


@pytest.mark.parametrize("part_rows", [1, 7, 10, 64])
def test_the_parts_of_parquet_are_the_whole(tmp_path: Path, part_rows: int) -> None:
    path = tmp_path / "rows.parquet"
    parquet.write_table(pa.table({"a": list(range(25)), "b": ["x"] * 25}), path, row_group_size=10)
    parts = parts_of(files_of(str(path), path), part_rows)
    assert [row["a"] for part in parts for row in part.read().to_pylist()] == list(range(25))
    assert max(part.read().num_rows for part in parts) == min(part_rows, 25)


def test_a_block_boundary_inside_of_a_quoted_cell_is_no_end_of_a_line() -> None:
    content = b'a,b\n1,"x\n""y\n"\n2,z\n'
    assert line_edges(io.BytesIO(content), 1, size=3) == [4, 15, 19]


def test_whatever_wrote_the_file_it_is_read(tmp_path: Path) -> None:
    file = a_csv(tmp_path, '\ufeffb,"a, in cm",note\r\n1,2.5,"two\nlines"\r\n\r\n3,-1e3,\r\n')
    assert all_rows(file, 100) == [["1", "2.5", "two\nlines"], ["3", "-1e3", None]]


def test_a_header_without_rows_is_a_part_without_rows(tmp_path: Path) -> None:
    (part,) = parts_of(files_of(str(a_csv(tmp_path, "a,b")), tmp_path))
    assert (part.read().column_names, part.read().num_rows) == (["a", "b"], 0)


REFUSED: dict[str, tuple[str, str | bytes, str]] = {
    "empty": ("rows.csv", "", "is empty; CSV with a header is expected"),
    "not text": ("rows.csv", b"a,b\n\xff\xfe,1\n", "cannot be read as CSV with a header, in UTF-8"),
    "a header that is no text": ("rows.csv", b"\xff\xfe,b\n1,1\n", "is not text in UTF-8; save the file as UTF-8"),
    "a name twice": ("rows.csv", "a,a\n1,2\n", "has two columns of the name 'a'; rename one"),
    "a row too short": ("rows.csv", "a,b\n1,2\n3\n", "has 1 cells in row 2, and its header has 2; mend the row"),
    "a row too long": ("rows.csv", "a,b\n1,2,3\n", "has 3 cells in row 1, and its header has 2; mend the row"),
    "no Parquet": ("rows.parquet", "PAR1 and nothing else", "cannot be read as Parquet"),
    "another format": ("rows.xlsx", "PK", "is named neither .csv, .parquet nor .svm; rename it to what it is"),
}


@pytest.mark.parametrize(("name", "content", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: str | bytes, words: str) -> None:
    """51"""
    path = a_csv(tmp_path, content, name)
    with pytest.raises(InvalidData) as refusal:
        [part.read() for part in parts_of(files_of(str(path), tmp_path))]
    assert str(path) in str(refusal.value)
    assert words in str(refusal.value)


def test_files_are_named_by_path_pattern_or_claim(tmp_path: Path) -> None:
    claim = tmp_path / "claims" / "data"
    claim.mkdir(parents=True)
    one, two = a_csv(claim, "a\n1\n", "1.csv"), a_csv(claim, "a\n2\n", "2.csv")
    for uri in (f"{claim}/*.csv", f"file://{claim}/*.csv", "pvc://data/*.csv"):
        assert [file.path for file in files_of(uri, tmp_path / "claims")] == [str(one), str(two)]


NO_FILES = {
    "nothing there": ("{}/none.csv", "there is no file"),
    "out of the claim": ("pvc://data/../other/a.csv", "'..' is not allowed in it"),
    "a claim that is not mounted": ("pvc://other/in/a.csv", "the claim other is not mounted"),
    "a store that is not read": ("pvc://data/*.xlsx", "no file matches"),
}


@pytest.mark.parametrize(("uri", "words"), NO_FILES.values(), ids=NO_FILES)
def test_no_files_are_a_sentence(tmp_path: Path, uri: str, words: str) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(InvalidData) as refusal:
        files_of(uri.format(tmp_path), tmp_path)
    assert words in str(refusal.value)
