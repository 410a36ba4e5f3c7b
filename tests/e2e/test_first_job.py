"""What a new user does first: apply, look, wait, read the answer, take it away."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from safetensors.numpy import load_file
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import lsml_trainer
from cluster.command_line import CommandLine
from e2e.claim import volume_of
from e2e.jobs import a_job, a_long_job
from e2e.kube import WAIT, Kube, Object

pytestmark = pytest.mark.e2e

EXAMPLES = Path(__file__).parents[2] / "manifests" / "examples"


def example(name: str) -> Object:
    body: Object = yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text())
    return body


def metric(status: Object, name: str) -> float:
    return next(float(m["value"]) for m in status["evaluation"]["metrics"] if m["name"] == name)


def test_iris_is_learned_as_well_as_scikit_learn_learns_it(kube: Kube, tmp_path: Path) -> None:
    kube.apply(example("iris-svm"))
    kube("wait", "--for=condition=Complete", "tjob/iris-svm", WAIT)
    status = kube.status("iris-svm")

    x, y = load_iris(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=42)
    scaler = StandardScaler().fit(x_train)
    theirs = SVC(kernel="linear").fit(scaler.transform(x_train), y_train)
    assert metric(status, "accuracy") == pytest.approx(theirs.score(scaler.transform(x_test), y_test))
    assert (status["evaluation"]["rows"], status["evaluation"]["heldOut"]) == (30, True)

    model = lsml_trainer.load(str(volume_of(kube) / "iris-svm"))
    names = load_iris().target_names[theirs.predict(scaler.transform(x_test))]
    assert (model.predict(x_test) == names).all()
    assert status["model"]["uri"] == "pvc://models/iris-svm"

    copied = tmp_path / "iris"
    ran = CommandLine(kube.cluster.kubeconfig, kube.namespace).here("get-model", "iris-svm", str(copied))
    assert ran == (0, f"the model is in {copied}: lsml_trainer.load({str(copied)!r})\n", "")
    assert (lsml_trainer.load(copied).predict(x_test) == names).all()
    assert not [pod for pod in kube.every("pods") if "reader" in pod["metadata"]["name"]]


@pytest.mark.parametrize(("name", "tolerance"), [("linear-regression-gd", 1e-4), ("linear-regression-sgd", 1e-2)])
def test_a_regression_finds_the_coefficients_of_the_normal_equations(kube: Kube, name: str, tolerance: float) -> None:
    body = example(name)
    kube.apply(body)
    kube.until_phase(name, "Succeeded")
    data, diabetes = body["spec"]["data"], load_diabetes()
    columns = [diabetes.feature_names.index(c) for c in data["train"].get("features", diabetes.feature_names)]
    split = {"test_size": data["test"]["fraction"], "random_state": data["test"]["seed"]}
    x_train, _, y_train, _ = train_test_split(diabetes.data[:, columns], diabetes.target, **split)
    design = np.c_[StandardScaler().fit_transform(x_train), np.ones(len(x_train))]
    wanted = np.linalg.solve(design.T @ design, design.T @ y_train)

    found = load_file(volume_of(kube) / name / "weights.safetensors")
    np.testing.assert_allclose(np.append(found["coef"], found["intercept"]), wanted, rtol=0, atol=tolerance)


def test_digits_are_learned_by_a_network(kube: Kube) -> None:
    kube.apply(example("digits-mlp"))
    assert metric(kube.until_phase("digits-mlp", "Succeeded"), "accuracy") > 0.95


def test_files_of_a_claim_are_learned_from(kube: Kube) -> None:
    folder = volume_of(kube) / "flowers"
    folder.mkdir()
    x, y = load_iris(return_X_y=True)
    for part in range(2):
        rows = [",".join([*map(str, features), f"kind-{label}"]) for features, label in zip(x, y, strict=True)]
        (folder / f"{part}.csv").write_text("\n".join(["a,b,c,d,kind", *rows[part::2]]) + "\n")
    data = {
        "train": {"uri": "pvc://models/flowers/*.csv", "label": "kind"},
        "test": {"fraction": 0.2, "seed": 42, "stratify": True},
        "standardize": True,
    }
    kube.apply(a_job("flowers", data=data))
    assert metric(kube.until_phase("flowers", "Succeeded"), "accuracy") >= 0.9


def test_the_columns_tell_the_truth_during_and_after(kube: Kube) -> None:
    kube.apply(a_long_job("columns"))
    kube.until("columns", lambda s: s.get("phase") == "Running" and s.get("progress", {}).get("step", 0) > 0)
    header, row = kube("get", "tjob", "columns").splitlines()
    assert header.split() == ["NAME", "PHASE", "WORKERS", "PROGRESS", "LOSS", "ETA", "AGE"]
    name, phase, workers, progress, loss, *_ = row.split()
    assert (name, phase, workers, progress) == ("columns", "Running", "1/1", "0%")
    assert 0 < float(loss) < 5
    first = kube.status("columns")["progress"]["step"]
    kube.until("columns", lambda s: s["progress"]["step"] > first)
    kube.delete_job("columns")


def test_deleting_a_job_leaves_no_pod(kube: Kube) -> None:
    kube.apply(a_long_job("deleted"))
    kube.until_phase("deleted", "Running")
    kube("delete", "tjob", "deleted", WAIT)
    kube.delete_job("deleted")
    assert kube.pods("deleted") == []
    assert [p for p in kube.every("networkpolicies") if p["metadata"]["name"].startswith("deleted")] == []


def test_events_tell_the_story_in_order(kube: Kube) -> None:
    kube.apply(a_job("story"))
    kube.until_phase("story", "Succeeded")
    events = [e for e in kube.every("events.v1.events.k8s.io") if e["regarding"]["name"] == "story"]
    reasons = [e["reason"] for e in sorted(events, key=lambda e: str(e["eventTime"]))]
    assert reasons[0] == "Starting"
    assert reasons[-1] == "Completed"


def test_a_suspended_job_has_no_pod_and_trains_when_it_is_resumed(kube: Kube) -> None:
    kube.apply(a_job("held", suspend=True))
    kube.until_phase("held", "Suspended")
    assert kube.pods("held") == []
    kube("patch", "tjob", "held", "--type=merge", "-p", json.dumps({"spec": {"suspend": False}}))
    kube.until_phase("held", "Succeeded")


def test_a_running_job_that_is_suspended_gives_its_machine_back(kube: Kube) -> None:
    kube.apply(a_long_job("paused"))
    kube.until_phase("paused", "Running")
    kube("patch", "tjob", "paused", "--type=merge", "-p", json.dumps({"spec": {"suspend": True}}))
    status = kube.until_phase("paused", "Suspended")
    kube.until("paused", lambda _: not [p for p in kube.pods("paused") if p["status"]["phase"] == "Running"])
    assert status["restarts"] == {
        "coordinator": 0,
        "crashes": 0,
        "evictions": 0,
        "outOfMemory": 0,
        "updates": 0,
        "stragglers": 0,
    }
    kube.delete_job("paused")


def test_kubectl_explains_the_hyperparameters(kube: Kube) -> None:
    said = kube("explain", "tjob.spec.algorithm.svm")
    assert "Support vector machine" in said
    for field in ("kernel", "C", "gamma", "degree", "coef0", "tolerance"):
        assert f"\n  {field}\t" in said
