"""Bad networks: slow, but the same bytes. The numbers are those of the list of faults."""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from faults.slow_line import slow_line
from faults.team import Team
from lsml_trainer.elastic.ledger_check import check
from lsml_trainer.elastic.ledger_files import read_accounts
from lsml_trainer.local_run import run_job

DESCENT: dict[str, Any] = {"gradientDescent": {"loss": "log_loss", "iterations": 8}}
LOSSY = "ip link set lo up && iptables -A INPUT -m statistic --mode random --probability 0.3 -j DROP && exec "


def test_half_a_second_to_the_coordinator_changes_no_bit(tmp_path: Path) -> None:
    """42"""
    with Team(tmp_path / "near", DESCENT, "wine") as team:
        team.join("alone")
        near = team.weights()
    with Team(tmp_path / "far", DESCENT, "wine") as team, slow_line(team.coordinator, 0.5) as port:
        team.join("a", coordinator_port=port)
        team.join("b", coordinator_port=port)
        assert team.weights() == near
        assert check(read_accounts(team.ledger)).is_done


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("iptables"), reason="loses packets as root, by iptables")
def test_three_packets_of_ten_lost_change_no_bit(tmp_path: Path) -> None:
    """42; no packet is lost but in a network of its own"""
    spec = {"algorithm": DESCENT, "data": {"train": {"uri": "builtin://wine"}, "standardize": True, "shards": 4}}
    job = {"apiVersion": "lsml.dev/v1alpha1", "kind": "TrainingJob", "metadata": {"name": "wine"}, "spec": spec}
    (tmp_path / "job.yaml").write_text(json.dumps(job))
    run_job(tmp_path / "job.yaml", None, tmp_path / "one", 1, io.StringIO())
    train = f"{sys.executable} -m lsml_trainer run {tmp_path}/job.yaml --workers 2"
    lossy = f"{LOSSY} {train} --output {tmp_path}/two --ledger {tmp_path}/ledger"
    subprocess.run(["unshare", "--net", "--", "sh", "-c", lossy], check=True, timeout=400)
    one, two = ((tmp_path / name / "weights.safetensors").read_bytes() for name in ("one", "two"))
    assert one == two
    assert check(read_accounts(tmp_path / "ledger")).is_done
