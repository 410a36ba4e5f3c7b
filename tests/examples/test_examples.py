"""The examples: valid, and as good as they promise, against scikit-learn and the normal equations."""

import time
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray
from pyarrow import csv
from safetensors.numpy import load_file
from sklearn.datasets import load_digits
from sklearn.linear_model import ElasticNet, Lasso, LogisticRegression, Ridge
from sklearn.svm import SVC, SVR

from deploy.chart import REPOSITORY
from lsml_operator.api.training_job import TrainingJobSpec
from lsml_trainer import load
from lsml_trainer.data import Problem, load_problem
from lsml_trainer.job_file import read_job
from lsml_trainer.reporting import Reporter
from lsml_trainer.spec import claim_of, parse
from lsml_trainer.worker import do_job

FOLDER = REPOSITORY / "manifests" / "examples"
CLAIM = yaml.safe_load((FOLDER / "models-claim.yaml").read_text())
JOBS = sorted(path for path in FOLDER.glob("*.yaml") if "kind: TrainingJob\n" in path.read_text())


def test_there_are_those_of_textbooks() -> None:
    assert [path.stem for path in JOBS] == [
        "diabetes-mlp",
        "diabetes-svr",
        "digits-amd",
        "digits-cnn",
        "digits-mig",
        "digits-mlp",
        "digits-nystrom",
        "digits-spot-gpu",
        "digits-spot",
        "elastic-net",
        "flat-rents-predict",
        "flat-rents",
        "iris-svm",
        "lasso",
        "linear-regression-gd",
        "linear-regression-sgd",
        "logistic-regression",
        "ridge",
        "synthetic-large",
    ]


@pytest.mark.parametrize("path", JOBS, ids=lambda path: path.stem)
def test_an_example_is_valid_and_named_after_its_file(path: Path) -> None:
    document, *_ = documents_of(path)
    assert document["metadata"] == {"name": path.stem}
    spec = parse(TrainingJobSpec, document["spec"])
    output = spec.output if spec.predict is None or spec.model is None else spec.predict.output
    assert output == f"pvc://{CLAIM['metadata']['name']}/{path.stem}"
    assert claim_of(output)


@pytest.mark.parametrize("path", [*JOBS, FOLDER / "models-claim.yaml"], ids=lambda path: path.stem)
def test_an_example_says_what_it_shows_how_to_run_it_and_what_to_expect(path: Path) -> None:
    what, run, expect, after = path.read_text().splitlines()[:4]
    assert what.startswith("# ")
    assert run.startswith("# Run:    kubectl apply -f manifests/examples/models-claim.yaml")
    assert run.endswith(f"-f manifests/examples/{path.name}")
    assert expect.startswith("# Expect: ")
    assert after.startswith("apiVersion: ")


def documents_of(path: Path) -> list[dict[str, Any]]:
    """The documents of a file, the job first."""
    return list(yaml.safe_load_all(path.read_text()))


def mount(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the example's ConfigMaps hold is on Python's path, as the job's PYTHONPATH says."""
    job, *config_maps = documents_of(FOLDER / f"{name}.yaml")
    for config_map in config_maps:
        template = job["spec"]["workers"]["template"]
        (volume,), (mounted,), (variable,) = template["volumes"], template["volumeMounts"], template["env"]
        assert volume["configMap"] == {"name": config_map["metadata"]["name"]}
        assert variable == {"name": "PYTHONPATH", "value": mounted["mountPath"]}
        for file, text in config_map["data"].items():
            (folder / file).write_text(text)
        monkeypatch.syspath_prepend(folder)


class Outcome(NamedTuple):
    """What came of an example."""

    metrics: dict[str, float]
    weights: dict[str, NDArray[np.float64]]
    problem: Problem


def run(name: str, folder: Path, rows: dict[str, Any] | None = None, data: Path = Path("/data")) -> Outcome:
    """Train the example here, as a worker does; `rows` says where its rows are instead, `data` what is at /data."""
    training = read_job(FOLDER / f"{name}.yaml").training
    train_data = training.data.train.model_copy(update=rows or {})
    training = training.model_copy(update={"data": training.data.model_copy(update={"train": train_data})})
    if training.predict is not None:
        uri = training.predict.data.uri.replace("/data", str(data))
        of = training.predict.data.model_copy(update={"uri": uri})
        training = training.model_copy(update={"predict": training.predict.model_copy(update={"data": of})})
    reporter = Reporter(time.monotonic, lambda: datetime.now(UTC), lambda _: None)
    claims = folder.parent / "claims"
    (claims / CLAIM["metadata"]["name"]).mkdir(parents=True)
    do_job(training, folder, reporter, Event(), claims=claims)
    assert reporter.current.evaluation is not None
    assert reporter.current.evaluation.held_out
    metrics = {metric.name: metric.value for metric in reporter.current.evaluation.metrics}
    learns_classes = "accuracy" in metrics
    return Outcome(
        metrics, load_file(folder / "weights.safetensors"), load_problem(training.data, learns_classes=learns_classes)
    )


def rows_of(problem: Problem) -> tuple[NDArray[np.float64], NDArray[Any]]:
    shards = problem.shards
    return np.concatenate([shard.x_ND for shard in shards]), np.concatenate([shard.y_N for shard in shards])


def test_the_svm_is_as_accurate_as_scikit_learns(tmp_path: Path) -> None:
    outcome = run("iris-svm", tmp_path / "model")
    theirs = SVC(kernel="linear", C=1.0).fit(*rows_of(outcome.problem))
    test = next(outcome.problem.test.chunks())
    accuracy = theirs.score(test.x_ND, test.y_N)
    assert outcome.metrics["accuracy"] == accuracy == pytest.approx(29 / 30)


def test_the_support_vector_regression_is_as_good_as_scikit_learns(tmp_path: Path) -> None:
    outcome = run("diabetes-svr", tmp_path / "model")
    theirs = SVR(epsilon=10.0, C=50.0).fit(*rows_of(outcome.problem))
    test = next(outcome.problem.test.chunks())
    r2 = theirs.score(test.x_ND, test.y_N)
    assert outcome.metrics["r2"] == pytest.approx(r2, abs=1e-4)
    assert r2 == pytest.approx(0.53, abs=0.005)


def test_a_kernel_of_some_rows_is_as_good_as_the_exact_one(tmp_path: Path) -> None:
    outcome = run("digits-nystrom", tmp_path / "model")
    theirs = SVC(C=10.0).fit(*rows_of(outcome.problem))
    test = next(outcome.problem.test.chunks())
    assert outcome.metrics["accuracy"] == pytest.approx(theirs.score(test.x_ND, test.y_N), abs=0.01)
    approximation = load(tmp_path / "model").manifest.approximation
    assert approximation is not None
    assert (approximation.centres, approximation.rank) == (300, 300)
    assert approximation.missed is not None
    assert 0 < approximation.missed < 0.2


REGRESSIONS = {"linear-regression-gd": (1e-4, 0.45), "linear-regression-sgd": (1e-2, 0.44)}


@pytest.mark.parametrize(("name", "promise"), REGRESSIONS.items(), ids=REGRESSIONS)
def test_a_regression_solves_the_normal_equations(name: str, promise: tuple[float, float], tmp_path: Path) -> None:
    tolerance, r2 = promise
    outcome = run(name, tmp_path / "model")
    x_ND, y_N = rows_of(outcome.problem)
    x_NE = np.column_stack([x_ND, np.ones(len(x_ND))])
    wanted_E = np.linalg.solve(x_NE.T @ x_NE, x_NE.T @ y_N)
    found_E = np.append(outcome.weights["coef"], outcome.weights["intercept"])
    np.testing.assert_allclose(found_E, wanted_E, rtol=0, atol=tolerance)
    assert outcome.metrics["r2"] == pytest.approx(r2, abs=0.005)


PENALISED: dict[str, tuple[Any, float, float]] = {
    "ridge": (Ridge(alpha=0.1 * 353), 1e-4, 0.46),
    "lasso": (Lasso(alpha=4.0, tol=1e-12), 1e-4, 0.47),
    "elastic-net": (ElasticNet(alpha=1.0, l1_ratio=0.8, tol=1e-12), 1e-4, 0.465),
}


@pytest.mark.parametrize(("name", "promise"), PENALISED.items(), ids=PENALISED)
def test_a_penalised_regression_is_scikit_learns(name: str, promise: tuple[Any, float, float], tmp_path: Path) -> None:
    theirs, tolerance, r2 = promise
    outcome = run(name, tmp_path / "model")
    theirs.fit(*rows_of(outcome.problem))
    np.testing.assert_allclose(outcome.weights["coef"][0], theirs.coef_, rtol=0, atol=tolerance)
    assert outcome.metrics["r2"] == pytest.approx(r2, abs=0.005)
    if name == "lasso":
        assert np.count_nonzero(outcome.weights["coef"]) == 5


def test_logistic_regression_ends_where_scikit_learns_does(tmp_path: Path) -> None:
    outcome = run("logistic-regression", tmp_path / "model")
    x_ND, y_N = rows_of(outcome.problem)
    theirs = LogisticRegression(C=1 / (0.002 * len(y_N)), class_weight="balanced", tol=1e-10).fit(x_ND, y_N)
    np.testing.assert_allclose(outcome.weights["coef"], theirs.coef_, rtol=1e-3, atol=1e-4)
    assert outcome.metrics["accuracy"] == pytest.approx(109 / 114)


@pytest.mark.parametrize("name", ["digits-mlp", "digits-spot-gpu", "digits-cnn"])
def test_a_network_reads_digits(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mount(name, tmp_path, monkeypatch)
    assert run(name, tmp_path / "model").metrics["accuracy"] == pytest.approx(0.98, abs=0.01)
    assert load(tmp_path / "model", trust_module=True).score(*load_digits(return_X_y=True)) >= 0.98


@pytest.mark.parametrize("name", ["digits-amd", "digits-mig", "digits-spot"])
def test_on_other_machines_the_same_is_learned(name: str) -> None:
    ours, theirs = (documents_of(FOLDER / f"{file}.yaml")[0]["spec"] for file in (name, "digits-spot-gpu"))
    assert [ours[part] for part in ("algorithm", "data", "seed")] == [
        theirs[part] for part in ("algorithm", "data", "seed")
    ]


def test_a_network_learns_a_number(tmp_path: Path) -> None:
    assert run("diabetes-mlp", tmp_path / "model").metrics["r2"] == pytest.approx(0.48, abs=0.02)


def test_names_and_gaps_of_a_file_are_learned_from(tmp_path: Path) -> None:
    _, config_map = documents_of(FOLDER / "flat-rents.yaml")
    for name, text in config_map["data"].items():
        (tmp_path / name).write_text(text)
    outcome = run("flat-rents", tmp_path / "model", {"uri": f"file://{tmp_path}/flats.csv"}, tmp_path)
    assert outcome.problem.preprocessing.names_out[2:] == (
        "district_centre", "district_harbour", "district_hill", "district_park", "balcony_no", "balcony_yes",
    )  # fmt: skip
    assert outcome.metrics["r2"] == pytest.approx(0.98, abs=0.015)
    (part,) = (tmp_path / "claims" / "models" / "flat-rents-predicted").glob("part-*")
    new_flats = csv.read_csv(part)
    assert new_flats["flat"].to_pylist() == ["Mill Lane 4", "Quay 11", "Old Market 1"]
    np.testing.assert_allclose(new_flats["prediction"], [1197, 768, 1771], rtol=0.01)


def test_the_model_of_one_job_predicts_in_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("flat-rents", "flat-rents-predict"):
        _, config_map = documents_of(FOLDER / f"{name}.yaml")
        for file, text in config_map["data"].items():
            (tmp_path / file).write_text(text)
    claims = tmp_path / "claims"
    run("flat-rents", claims / "models" / "flat-rents", {"uri": f"file://{tmp_path}/flats.csv"}, tmp_path)
    monkeypatch.setenv("LSML_CLAIMS", str(claims))
    training = read_job(FOLDER / "flat-rents-predict.yaml").training
    assert training.predict is not None
    rows = training.predict.data.model_copy(update={"uri": f"file://{tmp_path}/other-flats.csv"})
    here = training.model_copy(update={"predict": training.predict.model_copy(update={"data": rows})})
    do_job(here, None, Reporter(time.monotonic, lambda: datetime.now(UTC), lambda _: None), Event(), claims=claims)
    flats = csv.read_csv(claims / "models" / "flat-rents-predict" / "part-00000.csv")
    assert flats["flat"].to_pylist() == ["Castle Row 2", "Dock Street 9"]
    wanted = load(claims / "models" / "flat-rents").predict(csv.read_csv(tmp_path / "other-flats.csv"))
    np.testing.assert_allclose(flats["prediction"], wanted)


def test_many_rows_take_little_memory(tmp_path: Path) -> None:
    """A five hundredth of them here; tests/bench/large.py has them all."""
    training = read_job(FOLDER / "synthetic-large.yaml").training
    synthetic = training.data.train.synthetic
    assert synthetic is not None
    fewer = {"synthetic": synthetic.model_copy(update={"rows": 200_000})}
    assert run("synthetic-large", tmp_path / "model", fewer).metrics["r2"] == pytest.approx(0.98, abs=0.005)
