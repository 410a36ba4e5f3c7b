"""A cell of a file means the same to a model that predicts as it meant when the model was trained on that file."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lsml_trainer.data import Feature, load_problem
from lsml_trainer.errors import InvalidData
from lsml_trainer.predicting.cells import class_label, feature_table
from lsml_trainer.predicting.parts import files_of, parts_of
from lsml_trainer.rows import table_of
from lsml_trainer.spec import Data, parse

CODES: dict[str, Any] = {"categorical": {"columns": ["code"]}}
IGNORED: dict[str, Any] = {"categorical": {"columns": ["code"], "handleUnknown": "ignore"}}
FILLED: dict[str, Any] = {**IGNORED, "missing": "most_frequent"}

CELLS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "whole numbers with fractions": (["1.0", "2.0", "2.0"], CODES),
    "zeros before": (["01", "02", "02"], IGNORED),
    "names with zeros before": (["01", "B2", "01"], IGNORED),
    "numbers with a gap": (["1.0", "2.0", "", "2"], FILLED),
    "of seven digits, with a gap": (["1234561", "1234562", "", "1234563", "1234563"], FILLED),
    "fractions of many digits": (["0.12345678", "0.12345679", "0.12345679"], IGNORED),
    "names, one of them missing": (["A", "B", "B", "NA", "null"], FILLED),
    "yes or no": (["true", "false", "true"], IGNORED),
    "yes, no, or nothing": (["true", "false", "true", ""], FILLED),
    "numbers that are yes or no": (["true", "false", "true"], {}),
    "numbers, one of them missing": (["1", "NA", "2.5", "N/A"], {"missing": "mean"}),
    "numbers among blanks": (["1", " 2", "3 "], {}),
}


def a_file(folder: Path, cells: list[str], labels: list[str], delimiter: str = ",") -> Path:
    path = folder / "rows.csv"
    rows = [["code", "x", "y"], *([cell, "1.5", labels[i % len(labels)]] for i, cell in enumerate(cells))]
    path.write_text("\n".join(delimiter.join(row) for row in rows) + "\n")
    return path


def meant(path: Path, how: dict[str, Any]) -> tuple[Any, Any, Any, Any]:
    """Features and label as trained on, and as read to predict and to evaluate."""
    delimiter = how.get("delimiter")
    train = {"uri": f"file://{path}", "label": "y", **({"delimiter": delimiter} if delimiter else {})}
    data = parse(Data, {"train": train, **{name: value for name, value in how.items() if name != "delimiter"}})
    problem = load_problem(data, learns_classes=True)
    (shard,) = problem.shards
    trained = next(iter(shard.chunks()))
    (part,) = parts_of(files_of(str(path), path.parent), delimiter=delimiter)
    rows = part.read()
    found_ND = problem.preprocessing.apply(feature_table(part, rows, problem.preprocessing.features))
    return trained.x_ND, trained.y_N, found_ND, class_label(part, rows, "y", problem.classes or ())


@pytest.mark.parametrize(("cells", "how"), CELLS.values(), ids=CELLS)
def test_features(tmp_path: Path, cells: list[str], how: dict[str, Any]) -> None:
    trained_ND, _, found_ND, _ = meant(a_file(tmp_path, cells, ["a", "b"]), how)
    np.testing.assert_array_equal(np.asarray(found_ND), np.asarray(trained_ND))
    assert len(np.unique(trained_ND[:, :-1], axis=0)) > 1


@pytest.mark.parametrize("labels", [[" <=50K", " >50K"], ["true", "false"], ["01", "02"], ["1.0", "2.0"], ["a", "b"]])
def test_labels(tmp_path: Path, labels: list[str]) -> None:
    _, trained_N, _, found_N = meant(a_file(tmp_path, ["1", "2", "3"], labels), {})
    np.testing.assert_array_equal(found_N, trained_N)


def test_what_is_between_the_cells(tmp_path: Path) -> None:
    trained_ND, _, found_ND, _ = meant(a_file(tmp_path, ["1", "2", "3"], ["a", "b"], ";"), {"delimiter": ";"})
    np.testing.assert_array_equal(found_ND, trained_ND)
    (part,) = parts_of(files_of(str(a_file(tmp_path, ["1"], ["a"])), tmp_path), delimiter=";")
    assert part.header == ("code", "x", "y"), "rows that somebody has written with commas"


def test_a_number_that_is_none_is_named(tmp_path: Path) -> None:
    path = a_file(tmp_path, ["1", "many"], ["a", "b"])
    (part,) = parts_of(files_of(str(path), tmp_path))
    with pytest.raises(InvalidData, match="in row 2 is 'many'; a number is expected"):
        feature_table(part, part.read(), [Feature("code")])


class Frame:
    """As a data frame: columns, and values by their names."""

    def __init__(self, **columns: Any) -> None:
        self._values = {int(name[1:]) if name[0] == "_" else name: np.array(each) for name, each in columns.items()}
        self.columns = list(self._values)

    def __getitem__(self, name: Any) -> Any:
        return self._values[name]


def test_a_frame_without_a_header_and_one_with_yes_and_no() -> None:
    table = table_of(Frame(_0=[1.0, 2.0], _1=[True, False]), [Feature("0"), Feature("1", (0, 1))])
    assert {name: values.tolist() for name, values in table.columns.items()} == {"0": [1.0, 2.0], "1": [1, 0]}
