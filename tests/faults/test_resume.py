"""Everybody is lost; the next ones, however many they are, go on from the last checkpoint to the same bytes."""

import shutil
import signal
from pathlib import Path
from typing import Any

from faults.team import Team
from lsml_trainer.elastic.ledger_check import check
from lsml_trainer.elastic.ledger_files import read_accounts

SGD: dict[str, Any] = {"sgd": {"loss": "log_loss", "epochs": 60, "batchSize": 32}}


def test_a_checkpoint_of_three_workers_is_gone_on_with_by_one_and_by_two(tmp_path: Path) -> None:
    """39, 58"""
    with Team(tmp_path / "undisturbed", SGD, "digits") as team:
        team.join("alone")
        wanted = team.weights()
    lost, names = tmp_path / "lost", ("a", "b", "c")
    with Team(lost, SGD, "digits", checkpoint=lost / "state") as team:
        for name in names:
            team.join(name)
        team.until(lambda: all(team.step(name) > 0 for name in names), "all train")
        team.until(lambda: any((lost / "state").glob("step-*")), "a checkpoint is there")
        for name in names:
            team.send(name, signal.SIGKILL)
    for workers in (1, 2):
        here = tmp_path / str(workers)
        shutil.copytree(lost, here)
        with Team(here, SGD, "digits", checkpoint=here / "state") as team:
            for number in range(workers):
                team.join(f"w{number}")
            assert team.weights() == wanted
            team.until(lambda: (told := team.report()) and told.stage == "Completed", "its coordinator was told")
            last = team.report()
        found = check(read_accounts(here / "ledger"))
        assert (found.is_done, found.epochs, found.workers) == (True, 60, 3 + workers)
        assert last is not None
        assert last.progress.samples == 60 * found.rows
        assert first_step_of(here / "ledger") > 0


def first_step_of(ledger: Path) -> int:
    """Where the first of the new workers began."""
    lives = [account.lines[0] for account in read_accounts(ledger) if account.opening.worker.startswith("w")]
    return min(line.after for line in lives if hasattr(line, "after"))
