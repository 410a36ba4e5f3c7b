"""CSV files for predictions: what is read, and which cell is named where it cannot be."""

from pathlib import Path

import numpy as np
import pytest

from lsml_trainer.csv_file import class_column, number_columns, read_csv
from lsml_trainer.errors import InvalidData


def a_file(folder: Path, content: str | bytes) -> Path:
    path = folder / "rows.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_columns_are_found_by_name_in_any_order_whatever_wrote_the_file(tmp_path: Path) -> None:
    file = read_csv(a_file(tmp_path, '\ufeffb,"a, in cm",note\r\n1,2.5,"two\nlines"\r\n\r\n3,-1e3,\r\n'))
    np.testing.assert_array_equal(number_columns(file, ["a, in cm", "b"]), [[2.5, 1.0], [-1000.0, 3.0]])
    assert file.lines == (3, 5)


def test_classes_are_found_by_their_words_and_whole_numbers_in_either_form(tmp_path: Path) -> None:
    file = read_csv(a_file(tmp_path, "y,z\n7,a\n3.0, b\n"))
    assert class_column(file, "y", (3, 7)).tolist() == [1, 0]
    assert class_column(file, "z", ("a", "b")).tolist() == [0, 1]


def test_a_header_without_rows_is_a_table_of_none(tmp_path: Path) -> None:
    assert number_columns(read_csv(a_file(tmp_path, "a,b\n")), ["b"]).shape == (0, 1)


REFUSED: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "is empty; a header with the names of the columns is expected"),
    "not text": (b"a,b\n\xff\xfe,1\n", "is not text in UTF-8"),
    "an open quote": ('a,b\n"1,2\n', "is not CSV: unexpected end of data"),
    "a name twice": ("a,a\n1,2\n", "the header names 'a' twice"),
    "a row too short": ("a,b\n1,2\n3\n", "line 3 has 1 cells, the header has 2"),
    "a row too long": ("a,b\n1,2,3\n", "line 2 has 3 cells, the header has 2"),
    "another separator": ("a;b\n1;2\n", "lacks the column(s) a, b; it has a;b"),
    "a column is missing": ("a,c\n1,2\n", "lacks the column(s) b; it has a, c"),
    "text": ("a,b\n1,2\n3,four\n", "line 3, column 'b' is 'four'; a finite number is expected"),
    "an empty cell": ("a,b\n1,\n", "line 2, column 'b' is ''; a finite number is expected"),
    "infinite": ("a,b\ninf,1\n", "line 2, column 'a' is 'inf'; a finite number is expected"),
}


@pytest.mark.parametrize(("content", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_named_by_line_and_column(tmp_path: Path, content: str | bytes, words: str) -> None:
    """51"""
    path = a_file(tmp_path, content)
    with pytest.raises(InvalidData) as refusal:
        number_columns(read_csv(path), ["a", "b"])
    assert str(refusal.value).startswith(str(path))
    assert words in str(refusal.value)


def test_a_class_that_is_none_is_named(tmp_path: Path) -> None:
    file = read_csv(a_file(tmp_path, "y\na\nc\n"))
    with pytest.raises(InvalidData, match="line 3, column 'y' is 'c'; one of the classes a, b is expected"):
        class_column(file, "y", ("a", "b"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match=r"none\.csv: No such file or directory"):
        read_csv(tmp_path / "none.csv")
