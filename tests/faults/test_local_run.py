"""`lsml run --workers`: the same file, the same model, however many processes train it."""

import io
import json
import subprocess
import sys
from pathlib import Path

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
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "colour" in done.stderr
    assert "Traceback" not in done.stderr
