"""`lsml run` as a person sees it."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

import lsml_trainer
from lsml_trainer.errors import OutputUnavailable
from lsml_trainer.local_run import Kept, run_job, workers_from
from lsml_trainer.spec import InvalidSpec, Report


def a_file(folder: Path, **spec: Any) -> Path:
    algorithm = {"gradientDescent": {"loss": "mse", "iterations": 100, "tolerance": 1e-3, "momentum": 0.9}}
    data = {"train": {"uri": "builtin://diabetes"}, "test": {"fraction": 0.2, "seed": 42}, "standardize": True}
    job = {
        "apiVersion": "lsml.dev/v1alpha1",
        "kind": "TrainingJob",
        "metadata": {"name": "a"},
        "spec": {"algorithm": algorithm, "data": data, **spec},
    }
    path = folder / "job.yaml"
    path.write_text(json.dumps(job))
    return path


def said(file: Path, output: Path | None = None, out: io.StringIO | None = None) -> list[str]:
    out = out or io.StringIO()
    run_job(file, None, output, 1, out)
    return out.getvalue().splitlines()


def test_lines_a_table_and_where_the_model_is(tmp_path: Path) -> None:
    lines = said(a_file(tmp_path, workers={"max": 4}), tmp_path / "model")
    assert lines[:3] == ["without effect on this machine: spec.workers", "loading the data", "training"]
    assert lines[3].startswith("step 100/100 (100%), loss 1434.41, gradient ")
    assert "evaluated on 89 held-out rows: r2 0.45" in "\n".join(lines)
    table = lines[lines.index("89 held-out rows") :]
    assert [line.split()[1] for line in table if line.startswith("│")] == ["r2", "rmse", "mae"]
    assert lines[-1] == f"the model is in {tmp_path}/model: lsml_trainer.load('{tmp_path}/model')"
    assert lsml_trainer.load(tmp_path / "model").n_features_in_ == 10


def test_a_claim_of_a_cluster_becomes_a_folder_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = said(a_file(tmp_path, output="pvc://models/a/b"))
    assert lines[0] == "pvc://models/a/b is a claim of a cluster; here the model goes to ./models/models/a/b"
    assert (tmp_path / "models" / "models" / "a" / "b" / "model.json").exists()


def test_without_an_output_it_says_how_to_keep_the_model(tmp_path: Path) -> None:
    lines = said(a_file(tmp_path))
    assert lines[-1] == "no model was saved: the job has no output; give --output FOLDER to keep it"


def test_on_a_terminal_the_end_stays_to_be_read(tmp_path: Path) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    text = "\n".join(said(a_file(tmp_path), out=Terminal()))
    assert "step 100/100 (100%), loss 1434.41" in text
    assert "89 held-out rows" in text


def test_what_is_no_model_is_not_overwritten(tmp_path: Path) -> None:
    with pytest.raises(InvalidSpec, match="holds other things than a model"):
        said(a_file(tmp_path), tmp_path)


def test_what_is_kept_of_a_training(tmp_path: Path) -> None:
    kept = Kept(metrics=tmp_path / "metrics.jsonl", report=tmp_path / "report.html")
    out = io.StringIO()
    run_job(a_file(tmp_path), None, tmp_path / "model", 1, out, kept)
    assert out.getvalue().splitlines()[-1] == f"the report is in {tmp_path}/report.html"
    reports = [Report.model_validate_json(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [report.stage for report in reports][:2] == ["LoadingData", "Training"]
    assert reports[-1].stage == "Completed"
    text = (tmp_path / "report.html").read_text()
    assert "<h2>Residuals</h2>" in text
    assert "Measured on 89 held-out rows." in text


def test_a_report_shows_how_good_a_model_is_that_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aside, out = tmp_path / "aside", io.StringIO()
    aside.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(aside))
    run_job(a_file(tmp_path), None, None, 1, out, Kept(report=tmp_path / "report.html"))
    assert "<h2>Residuals</h2>" in (tmp_path / "report.html").read_text()
    assert "no model was saved: the job has no output; give --output FOLDER to keep it" in out.getvalue()
    assert not list(aside.iterdir())


def test_where_the_lines_cannot_be_written_it_is_said_before_the_training(tmp_path: Path) -> None:
    with pytest.raises(OutputUnavailable, match="/proc/none cannot be written"):
        run_job(a_file(tmp_path), None, None, 1, io.StringIO(), Kept(metrics=Path("/proc/none")))


WORKERS = {"1": (1, 1), "3": (1, 3), "1:4": (1, 4), "2:2": (2, 2)}


@pytest.mark.parametrize(("text", "wanted"), WORKERS.items(), ids=WORKERS)
def test_how_many_workers(text: str, wanted: tuple[int, int]) -> None:
    assert workers_from(text) == wanted


@pytest.mark.parametrize("text", ["", "0", "-1", "one", "1.5", "3:2", "0:2", ":2", "2:", "1:65", "1:2:3"])
def test_no_number_of_workers(text: str) -> None:
    with pytest.raises(InvalidSpec, match="give a number such as 2, or MIN:MAX such as 1:4, at most 64"):
        workers_from(text)
