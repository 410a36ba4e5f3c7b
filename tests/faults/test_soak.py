"""A few of the soak's schedules, and each phase in which a worker can be lost; the long version is `make soak`."""

from pathlib import Path

import pytest

from faults import soak
from faults.disturbed import Disturbed, Fault
from faults.jobs import JOBS, environ_of, result, undisturbed
from lsml_trainer.elastic.ledger_check import check
from lsml_trainer.elastic.ledger_files import read_accounts
from ports import free_port

WANTED: dict[str, dict[str, bytes]] = {}
LOST = {
    "while it joins": Fault("kill", "joining", 0),
    "in a block": Fault("kill", "block", 30),
    "before it commits": Fault("kill", "committing", 30),
    "while it writes a checkpoint": Fault("kill", "checkpointing", 0),
    "while it saves": Fault("kill", "saving", 0),
    "while it evaluates": Fault("kill", "evaluating", 0),
    "while it predicts": Fault("kill", "predicting", 0),
    "stopped in a block": Fault("stop", "block", 30),
    "stopped while it saves": Fault("stop", "saving", 0),
}


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_a_worker_lost_in_any_phase_changes_no_bit(tmp_path: Path, fault: Fault) -> None:
    """37, 48"""
    ended = disturbed(tmp_path, (fault,))
    assert ended == (fault,)


def test_ten_replacements_lost_while_they_are_healed_change_no_bit(tmp_path: Path) -> None:
    """37, 40"""
    faults = (Fault("kill", "committing", 10), *[Fault("kill", "healing", 0)] * 10)
    assert disturbed(tmp_path, faults) == faults


def disturbed(folder: Path, faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
    """The faults that fired; the weights are those of the undisturbed run."""
    job = JOBS["sgd"]
    if "sgd" not in WANTED:
        WANTED["sgd"] = undisturbed(job)
    environ = {**environ_of(job, folder), "LSML_COORDINATOR": f"127.0.0.1:{free_port()}"}
    with Disturbed(folder, environ, faults, workers=2) as team:
        assert team.done(soak.SECONDS)
    assert result(folder) == WANTED["sgd"]
    found = check(read_accounts(folder / "ledger"))
    assert (found.is_done, found.epochs, found.rows) == (True, 20, 142)
    return team.fired


@pytest.mark.parametrize("seed", range(8))
def test_random_disturbances_change_no_bit(seed: int) -> None:
    ended = soak.outcome(seed, WANTED)
    assert ended.problem is None
