"""A full disk: training goes on, and says so. The numbers are those of the list of faults."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SGD = {"sgd": {"loss": "log_loss", "epochs": 120, "batchSize": 32}}
FULL = "mount -t tmpfs -o size=4k tmpfs {state} && exec "


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small tmpfs as root")
def test_a_checkpoint_without_space_is_told_and_the_model_is_made(tmp_path: Path) -> None:
    """54; the mount is seen by nobody else"""
    state = tmp_path / "state"
    state.mkdir()
    checkpoint = {"uri": f"file://{state}", "everySeconds": 1}
    data = {"train": {"uri": "builtin://digits"}, "standardize": True}
    spec = {"algorithm": SGD, "data": data, "checkpoint": checkpoint}
    job = {"apiVersion": "lsml.dev/v1alpha1", "kind": "TrainingJob", "metadata": {"name": "digits"}, "spec": spec}
    (tmp_path / "job.yaml").write_text(json.dumps(job))
    train = f"{sys.executable} -m lsml_trainer run {tmp_path}/job.yaml --workers 2"
    full = f"{FULL.format(state=state)} {train} --output {tmp_path}/model --metrics {tmp_path}/metrics"
    subprocess.run(["unshare", "--mount", "--", "sh", "-c", full], check=True, timeout=600)
    assert (tmp_path / "model" / "weights.safetensors").exists()
    assert "could not be written: No space left on device; training goes on" in (tmp_path / "metrics").read_text()
