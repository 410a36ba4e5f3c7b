"""`lsml predict` and `lsml evaluate`: columns added to rows, the same bytes however they are cut and by whomever."""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet
from sklearn.metrics import accuracy_score, f1_score, log_loss, r2_score, roc_auc_score

import lsml_trainer
from lsml_trainer.errors import InvalidData, InvalidModel, OutputUnavailable
from lsml_trainer.predicting.columns import Wanted
from lsml_trainer.predicting.evaluate import evaluate_files
from lsml_trainer.predicting.run import predict_to
from training.predicting.saved import DIABETES, IRIS, NAMES, diabetes_model, iris_csv, iris_model

PLAIN = Wanted()


@pytest.fixture(scope="module")
def iris(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model and rows."""
    folder = tmp_path_factory.mktemp("iris")
    iris_model(folder / "model")
    table = csv.read_csv(iris_csv(folder / "rows.csv"))
    parquet.write_table(table, folder / "rows.parquet", row_group_size=40)
    return folder


def predict(
    folder: Path, data: str, output: Path | None, wanted: Wanted = PLAIN, workers: int = 1, rows: int = 32
) -> int:
    return predict_to(str(folder / "model"), str(folder / data), output, wanted, folder, workers, part_rows=rows)


@pytest.mark.parametrize("data", ["rows.csv", "rows.parquet"])
@pytest.mark.parametrize("output", ["out.csv", "out.parquet"])
def test_every_row_gets_its_prediction_and_keeps_its_columns(
    iris: Path, tmp_path: Path, data: str, output: str
) -> None:
    assert predict(iris, data, tmp_path / output, Wanted(probabilities=True, decision=True)) == 150
    found = (csv.read_csv if output.endswith("csv") else parquet.read_table)(tmp_path / output)
    model = lsml_trainer.load(iris / "model")
    assert found["prediction"].to_pylist() == model.predict(IRIS.data).tolist()
    for name, want in (("probability_virginica", model.predict_proba), ("decision_virginica", model.decision_function)):
        np.testing.assert_allclose(found[name].to_numpy(), want(IRIS.data)[:, 2], rtol=1e-12)
    assert found.column_names[:6] == ["id", *IRIS.feature_names, "target"]


def test_cells_of_csv_stay_as_they_were_written(iris: Path, tmp_path: Path) -> None:
    predict(iris, "rows.csv", tmp_path / "out.csv")
    before, after = (iris / "rows.csv").read_text().splitlines(), (tmp_path / "out.csv").read_text().splitlines()
    assert [line.rpartition(",")[0] for line in after] == before


def test_cells_that_need_quotes_have_them(iris: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f'{",".join(IRIS.feature_names)},"a ""note"""\n1,1,1,1,"x, ""y""\nz"\n1,1,1,1,\n')
    predict_to(str(iris / "model"), str(path), tmp_path / "out.csv", PLAIN, tmp_path)
    header, one, more, two = (tmp_path / "out.csv").read_text().splitlines()
    assert (header.endswith(',"a ""note""",prediction'), one, two[:8]) == (True, '1,1,1,1,"x, ""y""', "1,1,1,1,")
    assert more.startswith('z",')


def test_without_an_output_it_is_printed(iris: Path) -> None:
    out = io.BytesIO()
    predict_to(str(iris / "model"), str(iris / "rows.csv"), None, PLAIN, iris, out=out)
    assert out.getvalue().decode().splitlines()[1] == "000,5.1,3.5,1.4,0.2,setosa,setosa"


def test_a_folder_gets_a_file_a_part_and_a_mark_when_all_are_there(iris: Path, tmp_path: Path) -> None:
    for _ in range(2):  # again: what is replaced is known to be such an output
        predict(iris, "rows.parquet", tmp_path / "out", rows=60)
        names = sorted(path.name for path in (tmp_path / "out").iterdir())
        assert names == ["_SUCCESS", "part-00000.parquet", "part-00001.parquet", "part-00002.parquet"]
    found = pa.concat_tables(parquet.read_table(tmp_path / "out" / name) for name in names[1:])
    assert found["prediction"].to_pylist() == lsml_trainer.load(iris / "model").predict(IRIS.data).tolist()


def test_several_files_are_one_after_another(iris: Path, tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes((iris / "rows.csv").read_bytes())
    rows = predict_to(str(iris / "model"), f"{tmp_path}/?.csv", tmp_path / "all.csv", PLAIN, tmp_path)
    assert rows == len((tmp_path / "all.csv").read_text().splitlines()) - 1 == 300


REFUSED: dict[str, tuple[str, str, Wanted, str]] = {
    "text": (
        "5.1,three,1.4,0.2",
        "",
        PLAIN,
        "column 'sepal width (cm)' of {} in row 2 is 'three'; a number is",
    ),
    "an empty cell": ("5.1,,1.4,0.2", "", PLAIN, "column 'sepal width (cm)' of {} in row 2 is empty; a finite number"),
    "infinite": ("5.1,inf,1.4,0.2", "", PLAIN, "column 'sepal width (cm)' of {} in row 2 is 'inf'; a finite number"),
    "a column is missing": ("", "a,b", PLAIN, "{} lacks the column(s) sepal length (cm)"),
    "a name that is taken": ("5.1,3,1.4,0.2", "prediction", PLAIN, "{} has a column 'prediction' already; rename it"),
}


@pytest.mark.parametrize(("cells", "more", "wanted", "words"), REFUSED.values(), ids=REFUSED)
def test_a_bad_file_is_refused_in_a_sentence_and_nothing_is_written(
    iris: Path, tmp_path: Path, cells: str, more: str, wanted: Wanted, words: str
) -> None:
    """51"""
    header, good = (",".join(IRIS.feature_names), "1,1,1,1") if cells else (more, "1,1")
    tail, value = (f",{more}", ",1") if cells and more else ("", "")
    path = tmp_path / "bad.csv"
    path.write_text(f"{header}{tail}\n{good}{value}\n{cells or good}{value}\n")
    (tmp_path / "out.csv").write_text("before")
    with pytest.raises(InvalidData) as refusal:
        predict_to(str(iris / "model"), str(path), tmp_path / "out.csv", wanted, tmp_path, part_rows=1)
    assert words.format(path) in str(refusal.value)
    assert (tmp_path / "out.csv").read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.csv", "out.csv"]


def test_what_is_no_output_of_ours_is_not_overwritten(iris: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.txt").touch()
    with pytest.raises(InvalidData, match="thesis holds other things than predictions; name another folder"):
        predict(iris, "rows.csv", tmp_path / "thesis")
    with pytest.raises(InvalidData, match=r"rows\.csv would be read and written; name another file"):
        predict(iris, "rows.csv", iris / "rows.csv")
    with pytest.raises(OutputUnavailable, match=r"/proc/out\.csv cannot be written"):
        predict(iris, "rows.csv", Path("/proc/out.csv"))


def test_what_a_model_does_not_have_is_said_before_a_row_is_read(iris: Path, tmp_path: Path) -> None:
    model = iris_model(tmp_path / "model", loss="squared_hinge")
    with pytest.raises(InvalidModel, match=r"predicts classes without probabilities .*; train one"):
        predict_to(str(model), str(iris / "rows.csv"), None, Wanted(probabilities=True), tmp_path)


def test_a_classifier_is_measured_as_scikit_learn_does_it(iris: Path) -> None:
    model = lsml_trainer.load(iris / "model")
    predicted, probabilities = model.predict(IRIS.data), model.predict_proba(IRIS.data)
    evaluation = evaluate_files(str(iris / "model"), str(iris / "rows.csv"), iris, part_rows=32)
    assert evaluation.rows == 150
    assert {metric.name: pytest.approx(metric.value) for metric in evaluation.metrics} == {
        "accuracy": accuracy_score(NAMES, predicted),
        "f1_macro": f1_score(NAMES, predicted, average="macro"),
        "log_loss": log_loss(NAMES, probabilities),
        "roc_auc": roc_auc_score(NAMES, probabilities, multi_class="ovr"),
    }


def test_a_regressor_is_measured_as_scikit_learn_does_it(tmp_path: Path) -> None:
    model = diabetes_model(tmp_path / "model")
    columns = {name: DIABETES.data[:, i] for i, name in enumerate(DIABETES.feature_names)}
    parquet.write_table(pa.table({**columns, "target": DIABETES.target}), tmp_path / "rows.parquet")
    evaluation = evaluate_files(str(model), str(tmp_path / "rows.parquet"), tmp_path, part_rows=100)
    predicted = lsml_trainer.load(model).predict(DIABETES.data)
    assert [metric.name for metric in evaluation.metrics] == ["r2", "rmse", "mae"]
    assert evaluation.metrics[0].value == pytest.approx(r2_score(DIABETES.target, predicted))


LABELS = {
    "of another class": ("setose", "column 'target' of {} in row 1 is 'setose'; one of the classes setosa, versicolor"),
    "that is empty": ("", "column 'target' of {} in row 1 is empty; one of the classes"),
}


@pytest.mark.parametrize(("label", "words"), LABELS.values(), ids=LABELS)
def test_a_label_that_is_none_is_named(iris: Path, tmp_path: Path, label: str, words: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f"{','.join(IRIS.feature_names)},target\n1,1,1,1,{label}\n")
    with pytest.raises(InvalidData) as refusal:
        evaluate_files(str(iris / "model"), str(path), tmp_path)
    assert words.format(path) in str(refusal.value)


def test_no_rows_cannot_be_evaluated_on(iris: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f"{','.join(IRIS.feature_names)},target\n")
    with pytest.raises(InvalidData, match="has a header and no rows; there is nothing to evaluate on"):
        evaluate_files(str(iris / "model"), str(path), tmp_path)
