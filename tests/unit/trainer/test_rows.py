"""Rows that a person hands to a model: array-likes and data frames."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lsml_trainer.data import Feature, Preprocessing
from lsml_trainer.errors import InvalidModel
from lsml_trainer.rows import table_of

FEATURES = (Feature("a"), Feature("b"))


class Frame(dict[str, list[Any]]):
    """What pandas, polars and others have in common: columns, and a column by its name."""

    @property
    def columns(self) -> list[str]:
        return list(self)


def test_array_likes_are_taken_as_they_are_and_frames_by_the_names_of_their_columns() -> None:
    want = np.array([[1.0, 2.0], [3.0, 4.0]])
    frame = Frame(b=[2, 4], other=["x", "y"], a=[1.0, 3.0])
    arrow = pa.table({"b": [2, 4], "other": ["x", "y"], "a": [1.0, 3.0]})
    arrays = ([[1, 2], [3, 4]], want, np.asfortranarray(want), want.astype(np.float32))
    for rows in (*arrays, frame, arrow, arrow.to_batches()[0]):
        found = Preprocessing(FEATURES).apply(table_of(rows, FEATURES))
        np.testing.assert_array_equal(found, want, strict=True)
        assert found.flags.c_contiguous


def test_categories_and_missing_values_are_kept_apart() -> None:
    features = (Feature("a", fill=9.0), Feature("b", ("x", "y"), fill="y"))
    wanted = [[1.0, 1.0, 0.0], [9.0, 0.0, 1.0]]
    for rows in ([[1, "x"], [np.nan, None]], Frame(b=["x", None], a=[1.0, np.nan])):
        assert Preprocessing(features).apply(table_of(rows, features)).tolist() == wanted


def test_no_rows_are_rows_too() -> None:
    assert table_of(np.empty((0, 2)), FEATURES).rows == 0


REFUSED: dict[str, tuple[Any, str]] = {
    "too many columns": ([[1, 2, 3]], "rows have 3 columns, the model takes 2: a, b"),
    "a single row": ([1, 2], "rows have 1 dimension(s), two are needed; for a single row give [row]"),
    "rows of several lengths": ([[1, 2], [3]], "rows are no table: "),
    "text": ([["1", "x"]], "rows are not all numbers: could not convert string to float: 'x'"),
    "NaN": ([[1, 2], [3, np.nan]], "row 1, column 'b' is nan; a finite number is needed"),
    "a column of text": (Frame(a=[1], b=["x"]), "could not convert string to float: 'x'"),
    "a gap": (pa.table({"a": [1], "b": pa.array([None], pa.int64())}), "row 0, column 'b' is nan; a finite"),
    "a frame without a column": (Frame(a=[1]), "the rows lack the column(s) b; the model takes a, b"),
}


@pytest.mark.parametrize(("rows", "words"), REFUSED.values(), ids=REFUSED)
def test_rows_that_do_not_fit_are_refused_in_a_sentence(rows: Any, words: str) -> None:
    with pytest.raises(InvalidModel) as refusal:
        table_of(rows, FEATURES)
    assert words in str(refusal.value)
