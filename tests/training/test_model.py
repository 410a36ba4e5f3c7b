"""A saved model: it predicts as the trained one did, and is never believed when it was changed."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from typer.testing import CliRunner

import lsml_trainer
from lsml_trainer.cli import application
from lsml_trainer.errors import InvalidModel
from lsml_trainer.local_run import run_job

FAMILIES: dict[str, dict[str, Any]] = {
    "gradientDescent": {"loss": "log_loss", "iterations": 200},
    "sgd": {"loss": "hinge", "epochs": 50, "batchSize": 4},
    "svm": {"kernel": "rbf"},
    "deepLearning": {
        "network": {"mlp": {"hidden": [8]}},
        "optimizer": {"adam": {"learningRate": 0.03}},
        "epochs": 30,
        "batchSize": 16,
    },
}
IRIS = load_iris()


class _Silent:
    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None: ...

    def isatty(self) -> bool:
        return False


def a_file(folder: Path, algorithm: dict[str, Any]) -> Path:
    data = {"train": {"uri": "builtin://iris"}, "test": {"fraction": 0.2, "seed": 42}, "standardize": True}
    job = {
        "apiVersion": "lsml.dev/v1alpha1",
        "kind": "TrainingJob",
        "metadata": {"name": "a"},
        "spec": {"algorithm": algorithm, "data": data},
    }
    path = folder / "job.yaml"
    path.write_text(json.dumps(job))
    return path


def saved(folder: Path, kind: str = "svm") -> Path:
    model = folder / "model"
    run_job(a_file(folder, {kind: FAMILIES[kind]}), None, model, 1, _Silent())  # type: ignore[arg-type]
    return model


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_model_of_every_family_predicts_as_its_evaluation_says(tmp_path: Path, kind: str) -> None:
    model = lsml_trainer.load(saved(tmp_path, kind))
    assert list(model.classes_) == list(IRIS.target_names)
    assert list(model.feature_names_in_) == list(IRIS.feature_names)
    predicted = model.predict(IRIS.data)
    assert set(predicted) <= set(IRIS.target_names)
    assert model.score(IRIS.data, IRIS.target_names[IRIS.target]) > 0.8
    assert model.decision_function(IRIS.data).shape == (150, 3)


def test_weights_that_were_changed_are_named_and_not_used(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    weights = next(folder.rglob("weights.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    with pytest.raises(InvalidModel, match="the file was changed or damaged"):
        lsml_trainer.load(folder)


def test_a_pickle_in_place_of_weights_is_never_unpickled(tmp_path: Path) -> None:
    """59"""
    folder = saved(tmp_path)
    weights = next(folder.rglob("weights.safetensors"))
    weights.write_bytes(b"cos\nsystem\n(S'touch " + str(tmp_path / "pwned").encode() + b"'\ntR.")
    with pytest.raises(InvalidModel):
        lsml_trainer.load(folder)
    assert not (tmp_path / "pwned").exists()


def test_training_again_replaces_the_model(tmp_path: Path) -> None:
    saved(tmp_path, "sgd")
    assert lsml_trainer.load(saved(tmp_path, "svm")).manifest.algorithm.kind == "svm"


ROWS: dict[str, tuple[Any, str]] = {
    "too few columns": ([[1.0, 2.0]], "rows have 2 columns, the model takes 4"),
    "a single row without its brackets": ([1.0, 2.0, 3.0, 4.0], "give \\[row\\]"),
    "text": ([["a", "b", "c", "d"]], "."),
    "NaN": ([[1.0, 2.0, 3.0, np.nan]], "."),
}


@pytest.mark.parametrize(("rows", "words"), ROWS.values(), ids=ROWS)
def test_rows_that_do_not_fit_are_refused(tmp_path: Path, rows: Any, words: str) -> None:
    model = lsml_trainer.load(saved(tmp_path, "sgd"))
    with pytest.raises(InvalidModel, match=words):
        model.predict(rows)


def test_mistakes_on_the_command_line_are_a_sentence_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text("kind: [")
    for words in (["run", str(tmp_path / "job.yaml")], ["run", str(tmp_path / "none.yaml")], ["predict", "/x", "/y"]):
        result = CliRunner().invoke(application(_points()), words)
        assert result.exit_code == 2
        assert "Traceback" not in result.output


def _points() -> Any:
    from importlib.metadata import entry_points  # noqa: PLC0415

    return entry_points(group="lsml.commands")
