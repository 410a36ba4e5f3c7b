"""Bad rows that are to be skipped are left out, counted, and nothing else changes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Features, Labels
from lsml_trainer.data import Problem, load_problem
from lsml_trainer.data.readers import line_blocks
from lsml_trainer.errors import InvalidData
from lsml_trainer.evaluation import evaluate
from lsml_trainer.lines import evaluation_line
from lsml_trainer.spec import Data, parse

GOOD = "x,y,target\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n"


def loaded(folder: Path, name: str, text: str, learns_classes: bool = True, shards: int = 1, **fields: Any) -> Problem:
    (folder / name).write_text(text)
    document = {"train": {"uri": f"file://{folder}/{name}"}, "onBadRow": "skip", **fields}
    return load_problem(parse(Data, document, at="spec.data"), learns_classes=learns_classes, shards=shards)


def rows_of(problem: Problem) -> list[list[float]]:
    parts = [chunk for shard in problem.shards for chunk in shard.chunks()]
    return np.column_stack(
        [np.concatenate([part.x_ND for part in parts]), np.concatenate([part.y_N for part in parts])]
    ).tolist()


BAD: dict[str, tuple[str, dict[str, Any], int]] = {
    "none": ("", {}, 0),
    "too few and too many cells": ("9\n9,9,9,9\n", {}, 2),
    "text among numbers": ("nine,9,1\n", {}, 1),
    "infinity": ("inf,9,1\n9,-inf,0\n", {}, 2),
    "no label": ("9,9,\n", {}, 1),
    "no value": ("9,,1\n", {}, 1),
    "all of them": ("9\nnine,9,1\n9,inf,1\n9,9,\n,9,1\n", {}, 5),
    "a row that is missing a value is dropped, not bad": ("9,,1\n", {"missing": "drop"}, 0),
}


@pytest.fixture(params=["all in memory", "streamed"])
def memory(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Streamed from blocks of a line or two, so that a block may have only bad rows, or none."""
    monkeypatch.setattr(line_blocks.line_blocks, "__defaults__", (10,))
    return {"memory": "1Mi"} if request.param == "streamed" else {}


@pytest.mark.parametrize(("lines", "fields", "skipped"), BAD.values(), ids=BAD)
def test_bad_rows_are_left_out_and_counted(
    tmp_path: Path, memory: dict[str, Any], lines: str, fields: dict[str, Any], skipped: int
) -> None:
    head, _, tail = GOOD.partition("5,6,0\n")
    problem = loaded(tmp_path, "a.csv", f"{head}{lines}5,6,0\n{tail}", **fields, **memory)
    assert rows_of(problem) == [[1, 2, 0], [3, 4, 1], [5, 6, 0], [7, 8, 1]]
    assert problem.skipped == skipped


def test_a_row_without_a_weight_that_can_be_is_bad(tmp_path: Path, memory: dict[str, Any]) -> None:
    text = "x,w,target\n1,2,0\n9,,1\n9,-1,1\n9,inf,0\n9,much,0\n3,0,1\n"
    problem = loaded(tmp_path, "a.csv", text, train={"uri": f"file://{tmp_path}/a.csv", "weight": "w"}, **memory)
    assert (rows_of(problem), problem.skipped) == ([[1, 0], [3, 1]], 4)


def test_a_missing_value_that_something_stands_in_for_is_not_bad(tmp_path: Path, memory: dict[str, Any]) -> None:
    problem = loaded(tmp_path, "a.csv", GOOD + "5,,0\n5,text,0\n", missing="mean", **memory)
    assert rows_of(problem)[-1] == [5, 5, 0]
    assert problem.skipped == 1


def test_lines_that_are_no_libsvm_rows_are_left_out(tmp_path: Path, memory: dict[str, Any]) -> None:
    problem = loaded(tmp_path, "a.svm", "0 1:1\n1 0:1\nx\n1 2:3\n", **memory)
    assert rows_of(problem) == [[1, 0, 0], [0, 3, 1]]
    assert problem.skipped == 2


def test_a_number_to_learn_is_judged_as_one(tmp_path: Path, memory: dict[str, Any]) -> None:
    problem = loaded(tmp_path, "a.csv", GOOD + "9,9,much\n9,9,inf\n", learns_classes=False, **memory)
    assert len(rows_of(problem)) == 4
    assert problem.skipped == 2


def test_where_all_rows_are_bad_none_is_left(tmp_path: Path, memory: dict[str, Any]) -> None:
    with pytest.raises(InvalidData, match=r"onBadRow: skip leaves no row of .*/a.csv; all 2 are bad"):
        loaded(tmp_path, "a.csv", "x,y,target\n1,inf,0\n2,,1\n", **memory)


@pytest.mark.parametrize("shards", [1, 4])
def test_whoever_holds_the_rows_the_same_are_skipped(tmp_path: Path, shards: int) -> None:
    text = "x,y,target\n" + "".join(f"{i},{'bad' if i % 7 == 3 else i},{i % 2}\n" for i in range(60))
    problem = loaded(tmp_path, "a.csv", text, shards=shards, memory="1Mi", test={"fraction": 0.25, "seed": 1})
    assert problem.skipped == 9
    assert problem.shape.rows + problem.test.rows == 51
    assert problem.shape.rows == len(rows_of(problem))


def test_the_count_is_in_the_evaluation(tmp_path: Path) -> None:
    problem = loaded(tmp_path, "a.csv", GOOD + "9\n")
    evaluation = evaluate(Constant(), problem)
    assert evaluation.skipped_rows == 1
    assert evaluation_line(evaluation).endswith("; 1 bad rows were skipped")
    assert evaluate(Constant(), loaded(tmp_path, "b.csv", GOOD)).skipped_rows is None


class Constant:
    """Predicts the first class."""

    def decision_function(self, x_ND: Features) -> NDArray[np.float64]:
        return np.zeros(len(x_ND)) - 1

    def predict(self, x_ND: Features) -> Labels:
        return np.zeros(len(x_ND), dtype=np.int64)


def test_rows_to_evaluate_on_may_be_in_other_files(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("target,x,y\n1,9,9\n2,8,8\n")
    for memory in ({}, {"memory": "64Mi"}):
        problem = loaded(tmp_path, "a.csv", GOOD, test={"uri": f"file://{tmp_path}/t.csv"}, standardize=True, **memory)
        assert problem.held_out
        assert problem.shape.rows == 4
        (test,) = problem.test.chunks()
        assert test.y_N.tolist() == [1, -1]  # no training row has a 2
        np.testing.assert_allclose(test.x_ND, (np.array([[9, 9], [8, 8]]) - [4, 5]) / 5**0.5)


@pytest.mark.parametrize("memory", [{}, {"memory": "64Mi"}], ids=["all in memory", "streamed"])
def test_libsvm_rows_to_evaluate_on_may_lack_the_last_features(tmp_path: Path, memory: dict[str, Any]) -> None:
    (tmp_path / "t.svm").write_text("1 1:5\n0 9:1\n")
    problem = loaded(tmp_path, "a.svm", "0 1:1\n1 3:2\n", test={"uri": f"file://{tmp_path}/t.svm"}, **memory)
    (test,) = problem.test.chunks()
    assert test.x_ND.tolist() == [[5, 0, 0], [0, 0, 0]]
