"""The life of a worker: its exit codes, its last words, and what it serves while it runs."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from lsml_trainer.ending import ending_of, fitted
from lsml_trainer.spec import TERMINATION_MESSAGE_BYTES, Ending, Exit, Metric, Progress, Report
from lsml_trainer.worker import run_worker
from ports import free_port

SVM = {"svm": {"kernel": "linear"}}
MOST_SECONDS = 300.0
"""Far more than anything should take, on a machine that runs other tests as well."""


def a_spec(algorithm: dict[str, Any] = SVM, uri: str = "iris", **spec: Any) -> dict[str, Any]:
    data = {"train": {"uri": f"builtin://{uri}"}, "test": {"fraction": 0.2, "seed": 42}, "standardize": True}
    return {"algorithm": algorithm, "data": data, **spec}


def live(folder: Path, spec: object, leave: Event | None = None, **environ: str) -> tuple[int, Ending]:
    """A whole life in this process: exit code and termination message."""
    log = folder / "termination-log"
    log.touch()
    variables = {
        "LSML_SPEC": spec if isinstance(spec, str) else json.dumps(spec),
        "LSML_ADDRESS": "127.0.0.1",
        "LSML_PORT": "0",
        "LSML_TERMINATION_LOG": str(log),
        "LSML_CLAIMS": str(folder / "claims"),
        **environ,
    }
    code = run_worker(variables, leave or Event(), lambda line: None)
    return code, Ending.model_validate_json(log.read_bytes())


def test_a_worker_that_is_done_says_how_good_the_model_is_and_where(tmp_path: Path) -> None:
    (tmp_path / "claims" / "models").mkdir(parents=True)
    code, ending = live(tmp_path, a_spec(output="pvc://models/iris"))
    assert (code, ending.reason) == (Exit.DONE, "Completed")
    assert ending.report is not None
    assert ending.report.evaluation is not None
    assert ending.report.evaluation.metrics[0] == Metric(name="accuracy", value=29 / 30)
    assert ending.report.progress.percent == 100
    assert ending.report.model is not None
    assert ending.report.model.uri == "pvc://models/iris"
    assert (tmp_path / "claims" / "models" / "iris" / "model.json").exists()


DIVERGES = {"sgd": {"loss": "mse", "learningRate": {"schedule": "constant", "eta0": 1e6}}}
ENDINGS: dict[str, tuple[object, int, str, str]] = {
    "not JSON": ("{", Exit.INVALID, "InvalidSpec", "LSML_SPEC is not JSON"),
    "an unknown family": (a_spec({"forest": {}}), Exit.INVALID, "InvalidSpec", "spec.algorithm.forest"),
    "a hyperparameter out of range": (a_spec({"svm": {"C": -1}}), Exit.INVALID, "InvalidSpec", "spec.algorithm.svm.C"),
    "hyperparameters that contradict": (
        a_spec({"svm": {"kernel": "linear", "gamma": 1}}),
        Exit.INVALID,
        "InvalidSpec",
        "gamma belongs to kernel: poly or rbf",
    ),
    "numbers for a classifier": (
        a_spec(uri="diabetes", algorithm={"svm": {}})
        | {"data": {"train": {"uri": "builtin://diabetes", "label": "bmi"}}},
        Exit.INVALID,
        "InvalidData",
        "bmi",
    ),
    "steps that are too long": (a_spec(DIVERGES, "diabetes"), Exit.DIVERGED, "Diverged", "lower sgd.learningRate.eta0"),
    "an output that is no folder": (
        a_spec(output="file:///dev/null/model"),
        Exit.TRY_AGAIN,
        "OutputUnavailable",
        "/dev/null/model",
    ),
}


@pytest.mark.parametrize(("spec", "code", "reason", "words"), ENDINGS.values(), ids=ENDINGS)
def test_a_worker_that_cannot_says_why_and_whether_to_try_again(
    tmp_path: Path, spec: object, code: int, reason: str, words: str
) -> None:
    found, ending = live(tmp_path, spec)
    assert (found, ending.reason) == (code, reason)
    assert words in ending.message
    assert ending.traceback is None


def test_a_worker_that_is_asked_to_leave_leaves_after_its_step(tmp_path: Path) -> None:
    leave = Event()
    leave.set()
    code, ending = live(tmp_path, a_spec(), leave)
    assert (code, ending.reason) == (Exit.ASKED_TO_LEAVE, "AskedToLeave")


def test_a_defect_of_ours_is_a_crash_with_the_end_of_its_traceback() -> None:
    try:
        raise KeyError("what")
    except KeyError as error:
        code, ending = ending_of(error, None)
    assert (code, ending.reason) == (1, "InternalError")
    assert ending.traceback is not None
    assert ending.traceback.endswith("KeyError: 'what'\n")


def test_last_words_always_fit_what_the_kubelet_keeps() -> None:
    metrics = tuple(Metric(name=f"m{i}" + "x" * 60, value=1.23456789e-300) for i in range(16))
    report = Report(stage="Training", progress=Progress(metrics=metrics, updated_at="2026-01-01T00:00:00Z"))
    words = Ending(reason="InternalError", message="ü" * 1024, traceback="é" * 2048, report=report)
    short = fitted(words)
    assert len(short.to_json().encode()) <= TERMINATION_MESSAGE_BYTES
    assert short.reason == "InternalError"


def test_a_worker_process_serves_its_progress_and_leaves_on_sigterm(tmp_path: Path) -> None:
    port = free_port()
    endless = {"sgd": {"loss": "hinge", "epochs": 1_000_000, "batchSize": 8}}
    log = tmp_path / "termination-log"
    log.touch()
    environ = os.environ | {
        "LSML_SPEC": json.dumps(a_spec(endless, "breast_cancer")),
        "LSML_ADDRESS": "127.0.0.1",
        "LSML_PORT": str(port),
        "LSML_TERMINATION_LOG": str(log),
    }
    worker = subprocess.Popen(
        [sys.executable, "-m", "lsml_trainer", "worker"], env=environ, stdout=subprocess.DEVNULL, cwd=tmp_path
    )
    try:
        report = _report_after_a_step(port)
        assert (report.stage, report.progress.total_steps) == ("Training", 1_000_000 * 57)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            assert b"lsml_training_step " in answer.read()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(MOST_SECONDS) == Exit.ASKED_TO_LEAVE
    finally:
        worker.kill()
        worker.wait()
    assert Ending.model_validate_json(log.read_bytes()).reason == "AskedToLeave"


def _report_after_a_step(port: int) -> Report:
    end = time.monotonic() + MOST_SECONDS
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/progress", timeout=5) as answer:
                report = Report.model_validate_json(answer.read())
        except OSError:
            report = None
        if report and report.progress.step > 0:
            return report
        time.sleep(0.1)
    raise AssertionError(f"no step within {MOST_SECONDS:.0f} s")
