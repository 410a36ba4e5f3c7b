"""Models of libsvm rows, on libsvm files: the numbers of the same rows as an array, in parts or not, sparse or not."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array
from sklearn.datasets import dump_svmlight_file

from lsml_trainer import load
from lsml_trainer.data import load_problem
from lsml_trainer.errors import InvalidData
from lsml_trainer.loading import Model
from lsml_trainer.predicting.columns import Wanted
from lsml_trainer.predicting.evaluate import evaluate_files
from lsml_trainer.predicting.in_job import JobPredictions
from lsml_trainer.predicting.run import predict_to
from lsml_trainer.saving import save_model
from lsml_trainer.spec import Evaluation, Predict, parse
from lsml_trainer.stores import DiskStore
from training.predicting.saved import iris_model
from unit.trainer.problems import training

FEATURES = 300
x_ND = csr_array(random_array((25, FEATURES), density=0.1, format="csr", rng=np.random.default_rng(0)))
y_N = np.arange(25) % 2


def a_model(folder: Path, **data: Any) -> Model:
    """Of two classes, and the file rows.svm that it is of."""
    dump_svmlight_file(x_ND, y_N, str(folder / "rows.svm"), zero_based=False)
    spec = training({"sgd": {"loss": "log_loss"}}, train={"uri": f"file://{folder}/rows.svm"}, **data)
    problem = load_problem(spec.data, learns_classes=True)
    coef = np.random.default_rng(1).normal(size=(1, FEATURES))
    weights = {"coef": coef, "intercept": np.zeros(1)}
    save_model(DiskStore(folder / "model"), spec, problem, weights, Evaluation(metrics=(), rows=25, held_out=False))
    return load(folder / "model")


@pytest.mark.parametrize("data", [{}, {"standardize": True}], ids=["sparse", "standardized"])
@pytest.mark.parametrize("part_rows", [1, 7, 24, 100])
def test_files_are_predicted_as_the_rows_are(tmp_path: Path, data: dict[str, Any], part_rows: int) -> None:
    model, output = a_model(tmp_path, **data), tmp_path / "said.csv"
    assert model.reads_sparse is not bool(data)
    rows = str(tmp_path / "rows.svm")
    assert predict_to(str(tmp_path / "model"), rows, output, Wanted(True), tmp_path, part_rows=part_rows) == 25
    said = list(csv.DictReader(output.read_text().splitlines()))
    assert [int(row["target"]) for row in said] == y_N.tolist()
    assert [int(row["prediction"]) for row in said] == model.predict(x_ND.toarray()).tolist()
    assert model.predict(x_ND).tolist() == model.predict(x_ND.toarray()).tolist()
    wanted_N = model.predict_proba(x_ND.toarray())[:, 1]
    np.testing.assert_allclose([float(row["probability_1"]) for row in said], wanted_N, rtol=1e-9)
    found = {m.name: m.value for m in evaluate_files(str(tmp_path / "model"), rows, tmp_path, part_rows).metrics}
    assert found["accuracy"] == pytest.approx((model.predict(x_ND) == y_N).mean())


def test_indices_that_no_training_row_had_are_left_out_and_missing_ones_are_0(tmp_path: Path) -> None:
    model = a_model(tmp_path)
    (tmp_path / "other.svm").write_text("# a comment\n0 2:1 301:5\n\n1 2:1\n")
    predict_to(str(tmp_path / "model"), str(tmp_path / "other.svm"), tmp_path / "said.csv", Wanted(), tmp_path)
    one = np.zeros((1, FEATURES))
    one[0, 1] = 1.0
    (wanted,) = model.predict(one).tolist()
    assert (tmp_path / "said.csv").read_text() == f"target,prediction\n0,{wanted}\n1,{wanted}\n"


def test_a_job_predicts_libsvm_files_into_csv(tmp_path: Path) -> None:
    model = a_model(tmp_path)
    asked = {"data": {"uri": f"file://{tmp_path}/rows.svm"}, "output": f"file://{tmp_path}/out"}
    made = JobPredictions(parse(Predict, asked), lambda: model, model.preprocessing, tmp_path, part_rows=10)
    for part in range(made.parts):
        made.predict(part, model.manifest.weights_digest)
    made.publish(model.manifest.weights_digest)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "_SUCCESS",
        *(f"part-0000{part}.csv" for part in range(made.parts)),
    ]


def test_a_line_that_is_no_row_and_a_model_of_named_columns_are_refused(tmp_path: Path) -> None:
    a_model(tmp_path)
    (tmp_path / "bad.svm").write_text("0 1:1\n1 2:x\n")
    with pytest.raises(InvalidData, match=r"bad.svm line 2 is no libsvm row at '2:x'.*; mend it$"):
        evaluate_files(str(tmp_path / "model"), str(tmp_path / "bad.svm"), tmp_path)
    iris_model(tmp_path / "iris")
    with pytest.raises(InvalidData, match=r"lacks the column 'sepal length \(cm\)': libsvm text has f1, f2, ...; give"):
        predict_to(str(tmp_path / "iris"), str(tmp_path / "rows.svm"), None, Wanted(), tmp_path)
