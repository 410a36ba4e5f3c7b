"""Checkpoints are written when it is time, by the first member only; what goes wrong is said, and training goes on."""

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from lsml_trainer import atomic
from lsml_trainer.elastic.checkpoint_keeper import CheckpointKeeper
from lsml_trainer.elastic.checkpoint_store import CheckpointStore
from lsml_trainer.spec import CheckpointReport
from lsml_trainer.stores import DiskStore

JOB = "sha256:" + "1" * 64
MADE = "2026-01-01T00:00:00Z"


class Bench:
    """A keeper with a clock that is set by hand."""

    def __init__(self, folder: Path) -> None:
        self.seconds = 0.0
        self.told: list[CheckpointReport] = []
        self.store = CheckpointStore(DiskStore(folder), JOB, 4, keep=3)
        now = datetime(2026, 1, 1, tzinfo=UTC)
        self.keeper = CheckpointKeeper(self.store, "pvc://a/b", 60, lambda: self.seconds, lambda: now, self.told.append)

    def after(self, seconds: float, step: int, is_first: bool = True) -> list[CheckpointReport]:
        """A block ends; what was told, once the writer is done."""
        self.seconds = seconds
        self.told.clear()
        self.keeper.offer(lambda: {"at": np.array([float(step)])}, step, 1, is_first)
        self.keeper._finish()
        return [told.model_copy(update={"bytes": told.bytes and 1}) for told in self.told]


def a_checkpoint(step: int) -> CheckpointReport:
    return CheckpointReport(uri="pvc://a/b", step=step, time=MADE, bytes=1, seconds=0.0)


def test_one_is_made_when_it_is_time(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert bench.after(59, 1) == []
    assert bench.after(60, 2) == [a_checkpoint(2)]
    assert bench.after(119, 3) == []
    assert bench.after(121, 4) == [a_checkpoint(4)]
    bench.keeper.close()
    assert bench.keeper.resume() != b""


def test_its_size_is_that_of_its_files(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.after(60, 2)
    assert [told.bytes for told in bench.told] == [sum(f.stat().st_size for f in tmp_path.rglob("*") if f.is_file())]


def test_only_the_first_member_writes_and_all_keep_time(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert bench.after(60, 1, is_first=False) == []
    assert bench.after(61, 2) == []
    assert bench.after(120, 3) == [a_checkpoint(3)]
    bench.keeper.close()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=os.strerror)
def test_what_can_not_be_written_is_said_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """54"""
    bench = Bench(tmp_path)
    bench.after(60, 1)
    with monkeypatch.context() as patched:

        def full(*_: object) -> None:
            raise OSError(number, os.strerror(number))

        patched.setattr(atomic, "_write_synced", full)
        problem = (
            f"the checkpoint of step 2 could not be written: {os.strerror(number)}; training goes on, and tries again"
        )
        assert bench.after(120, 2) == [a_checkpoint(1).model_copy(update={"problem": problem})]
    assert [path.name for path in tmp_path.iterdir()] == ["step-000000000001"]
    assert bench.after(180, 3) == [a_checkpoint(3)]
    bench.keeper.close()


def test_the_last_one_is_made_at_once_and_not_twice(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.after(60, 7)
    assert bench.keeper.write_now({"at": np.zeros(1)}, 7, 1).step == 7
    assert bench.keeper.write_now({"at": np.zeros(1)}, 8, 1).step == 8
    assert len(list(tmp_path.iterdir())) == 2
    bench.keeper.close()
