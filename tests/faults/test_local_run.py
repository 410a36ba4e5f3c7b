"""`lsml run --workers`: the same file, the same model, however many processes train it."""

import io
import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from subprocess import PIPE
from threading import Timer

import pytest

from lsml_trainer.local_run import run_job
from lsml_trainer.spec import InvalidSpec

NETWORK = {"network": {"mlp": {"hidden": [16]}}, "optimizer": {"adam": {}}, "epochs": 40, "batchSize": 64}


def a_file(folder: Path, **train: object) -> Path:
    data = {"train": {"uri": "builtin://digits", **train}, "test": {"seed": 42}, "standardize": True, "shards": 4}
    job = {
        "apiVersion": "lsml.dev/v1alpha1",
        "kind": "TrainingJob",
        "metadata": {"name": "digits"},
        "spec": {"algorithm": {"deepLearning": NETWORK}, "data": data},
    }
    path = folder / "job.yaml"
    path.write_text(json.dumps(job))
    return path


def test_two_workers_give_the_bits_of_one(tmp_path: Path) -> None:
    for workers in (1, 2):
        run_job(a_file(tmp_path), None, tmp_path / str(workers), workers, io.StringIO())
    one, two = (next((tmp_path / n).rglob("weights.safetensors")).read_bytes() for n in ("1", "2"))
    assert one == two


def test_a_mistake_in_the_data_is_said_once_and_leaves_no_process(tmp_path: Path) -> None:
    with pytest.raises(InvalidSpec, match="colour"):
        run_job(a_file(tmp_path, label="colour"), None, tmp_path / "model", 2, io.StringIO())
    command = [sys.executable, "-m", "lsml_trainer", "run", str(a_file(tmp_path, label="colour")), "--workers", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 2
    assert "colour" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM], ids=lambda asked: asked.name)
def test_whoever_ends_it_ends_its_processes_and_is_told_where_it_goes_on(asked: signal.Signals, tmp_path: Path) -> None:
    file = a_file(tmp_path)
    job = json.loads(file.read_text())
    job["spec"]["algorithm"]["deepLearning"]["epochs"] = 1_000_000
    file.write_text(json.dumps(job))
    command = [sys.executable, "-m", "lsml_trainer", "run", str(file), "--workers", "2", "--checkpoint", tmp_path / "c"]
    mark = {"MARK_OF_THE_TEST": str(tmp_path)}
    # Ctrl-C is heard in a terminal; in the background of a script, where it is ignored, the other is all there is.
    before = signal.signal(signal.SIGINT, signal.default_int_handler if asked is signal.SIGINT else signal.SIG_IGN)
    try:
        process = subprocess.Popen(command, env={**os.environ, **mark}, stdout=PIPE, stderr=PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        assert process.stdout is not None
        assert next((line for line in process.stdout if line.startswith("step ")), None), "it has trained"
        assert len(processes_with(**mark)) == 4, "this one, a coordinator and two workers"
        process.send_signal(asked)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 130
    assert said.startswith("Stopped after step ")
    assert processes_with(**mark) == []


def test_a_coordinator_that_is_killed_is_replaced_and_so_is_a_worker_afterwards(tmp_path: Path) -> None:
    """38; the others go on without it, but nobody would meet them again: here nobody goes on alone."""
    file = a_file(tmp_path)
    job = json.loads(file.read_text())
    job["spec"]["algorithm"]["deepLearning"]["epochs"] = 1_000_000
    file.write_text(json.dumps(job))
    command = [sys.executable, "-m", "lsml_trainer", "run", str(file), "--workers", "2:2"]
    mark = {"MARK_OF_THE_TEST": str(tmp_path)}
    with subprocess.Popen(command, env={**os.environ, **mark}, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        lines, limit = iter(process.stdout), Timer(300, process.kill)
        limit.start()

        def find(pattern: str) -> re.Match[str]:
            found = next((found for line in lines if (found := re.search(pattern, line))), None)
            assert found, pattern
            return found

        try:
            find("^step ")
            kill("coordinator", **mark)
            find("the coordinator is replaced: it ended with signal 9")
            kill("worker", **mark)
            find("is replaced: ended with signal 9")
            step = int(find(r"^step (\d+)")[1])
            while int(find(r"^step (\d+)")[1]) <= step:
                pass  # there is a line each ten seconds, also where nothing is new
        finally:
            limit.cancel()
            process.terminate()
            process.stdout.read()
    assert processes_with(**mark) == []


def kill(part: str, **environ: str) -> None:
    """One of the processes that were started so."""
    for pid in processes_with(**environ):
        if Path(f"/proc/{pid}/cmdline").read_bytes().endswith(f"\0{part}\0".encode()):
            os.kill(int(pid), signal.SIGKILL)
            return
    raise AssertionError(f"there is no {part}")


def processes_with(**environ: str) -> list[str]:
    """The processes of this machine that were started with these in their environment."""
    words = {f"{name}={value}".encode() for name, value in environ.items()}
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # it has ended meanwhile, or is somebody else's
            found += [path.parent.name] if words <= set(path.read_bytes().split(b"\0")) else []
    return found


USERS_CODE = """
import torch
from torch import nn


class Network(nn.Sequential):
    def forward(self, x):
        {what}
        return super().forward(x)


def build(features, outputs):
    return Network(nn.Linear(features, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, outputs))
"""


def a_users_module(folder: Path, what: str, **more: object) -> Path:
    """The file of a job whose network is in a Python file beside it."""
    (folder / "users_code.py").write_text(USERS_CODE.format(what=what))
    path = a_file(folder)
    job = json.loads(path.read_text())
    network = {**NETWORK, "network": {"module": "users_code:build"}, "epochs": 5, **more}
    job["spec"]["algorithm"] = {"deepLearning": network}
    path.write_text(json.dumps(job))
    return path


def test_a_users_module_gives_the_same_bits_on_two_workers(tmp_path: Path) -> None:
    """With as many threads each, on which sums of torch depend."""
    environ = {**os.environ, "PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "1"}
    file = a_users_module(tmp_path, "pass")
    for workers in ("1", "2"):
        command = [sys.executable, "-m", "lsml_trainer", "run", file, "--workers", workers]
        subprocess.run([*command, "--output", tmp_path / workers], env=environ, check=True, timeout=300)
    one, two = (next((tmp_path / n).rglob("weights.safetensors")).read_bytes() for n in ("1", "2"))
    assert one == two


def test_users_code_that_raises_ends_the_run_with_its_own_traceback(tmp_path: Path) -> None:
    """49"""
    path = a_users_module(tmp_path, "assert not self.training, 'no rows of colour'")
    done = subprocess.run(
        [sys.executable, "-m", "lsml_trainer", "run", str(path)],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 1
    assert "UserCodeFailed: users_code:build raised AssertionError: no rows of colour" in done.stderr
    assert "users_code.py" in done.stderr
