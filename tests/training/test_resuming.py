"""A worker goes on from where the last one was: to the bit, as if nobody had ever left."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from lsml_trainer import worker
from lsml_trainer.algorithms import ALGORITHMS
from lsml_trainer.elastic import checkpoint_keeper, training
from lsml_trainer.elastic.checkpoint_store import POSITION_NAME
from lsml_trainer.spec import Exit
from training.test_worker import a_spec, live

LEARNERS: dict[str, dict[str, Any]] = {
    "gradientDescent": {"loss": "log_loss", "iterations": 60, "momentum": 0.9},
    "sgd": {"loss": "log_loss", "epochs": 6, "batchSize": 16},
    "svm": {"kernel": "rbf"},
    "deepLearning": {
        "network": {"mlp": {"hidden": [4], "dropout": 0.1}},
        "optimizer": {"adam": {}},
        "epochs": 6,
        "batchSize": 16,
    },
}


class LeaveAfter(Event):
    """SIGTERM arrives during a block."""

    def __init__(self, blocks: int) -> None:
        super().__init__()
        self._left = blocks

    def is_set(self) -> bool:
        self._left -= 1
        return self._left <= 0


def weights(folder: Path) -> bytes:
    return next((folder / "claims" / "models").rglob("weights.safetensors")).read_bytes()


def a_home(folder: Path) -> Path:
    (folder / "claims" / "models").mkdir(parents=True)
    return folder


def test_who_is_alone_leaves_its_checkpoint_before_anybody_else_may_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits to meet it begins from what is there as soon as its session is closed."""
    monkeypatch.setattr(training, "MOST_STEPS", 1)
    told: list[str] = []
    opened, write_now = worker.opened, checkpoint_keeper.CheckpointKeeper.write_now

    @contextmanager
    def watched(*arguments: Any) -> Iterator[Any]:
        with opened(*arguments) as session:
            try:
                yield session
            finally:
                told.append("left")

    def noted(*arguments: Any) -> Any:
        told.append("saved")
        return write_now(*arguments)

    monkeypatch.setattr(worker, "opened", watched)
    monkeypatch.setattr(checkpoint_keeper.CheckpointKeeper, "write_now", noted)
    spec = a_spec({"sgd": LEARNERS["sgd"]}, checkpoint={"uri": "pvc://models/state"})
    assert live(a_home(tmp_path), spec, LeaveAfter(blocks=2))[0] == Exit.ASKED_TO_LEAVE
    assert told == ["saved", "left"]


def test_every_algorithm_is_here() -> None:
    assert LEARNERS.keys() == ALGORITHMS.keys()


@pytest.mark.parametrize("kind", LEARNERS)
def test_left_and_gone_on_again_and_again_it_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(training, "MOST_STEPS", 1)  # in a block
    spec = a_spec({kind: LEARNERS[kind]}, output="pvc://models/iris")
    undisturbed, disturbed = a_home(tmp_path / "one"), a_home(tmp_path / "many")
    assert live(undisturbed, spec)[0] == Exit.DONE

    spec["checkpoint"] = {"uri": "pvc://models/state"}
    reached = []
    for _ in range(3):
        code, ending = live(disturbed, spec, LeaveAfter(blocks=2))
        assert code == Exit.ASKED_TO_LEAVE
        assert ending.message.endswith("the next worker takes its place; its checkpoint is in pvc://models/state")
        assert ending.report is not None
        assert ending.report.checkpoint is not None
        reached.append(ending.report.checkpoint.step)
    assert reached == [1, 2, 3]
    code, ending = live(disturbed, spec)
    assert code == Exit.DONE
    assert weights(disturbed) == weights(undisturbed)


def test_what_diverges_is_never_the_latest_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """50"""
    monkeypatch.setattr(training, "MOST_STEPS", 1)
    monkeypatch.setattr(checkpoint_keeper, "time", SimpleNamespace(monotonic=count(step=10).__next__))  # always due
    home, rate = a_home(tmp_path), {"schedule": "constant", "eta0": 1e6}
    sgd = {"loss": "mse", "learningRate": rate, "batchSize": 64, "epochs": 50}
    spec = a_spec({"sgd": sgd}, "diabetes", checkpoint={"uri": "pvc://models/state"})
    assert live(home, spec)[0] == Exit.DIVERGED
    kept = sorted((home / "claims" / "models" / "state").iterdir())
    assert kept
    for folder in kept:
        assert np.isfinite(load_file(folder / POSITION_NAME)["state/weights"]).all(), folder.name


def test_without_a_usable_checkpoint_it_fails_and_says_what_to_do(tmp_path: Path) -> None:
    """59, 61"""
    home, spec = a_home(tmp_path), a_spec(checkpoint={"uri": "pvc://models/state"})
    live(home, spec, LeaveAfter(blocks=2))
    (state,) = (home / "claims" / "models" / "state").rglob(POSITION_NAME)
    assert "state/" in next(iter(sorted(load_file(state), reverse=True)))
    state.write_bytes(b"\x80\x04.")
    code, ending = live(home, spec)
    assert (code, ending.reason) == (Exit.INVALID, "InvalidCheckpoint")
    assert ending.message.endswith("is damaged (its sha256 is another one); remove them to train anew")


def test_the_checkpoint_of_another_job_is_left_alone_and_that_is_said(tmp_path: Path) -> None:
    home, place = a_home(tmp_path), {"uri": "pvc://models/state"}
    live(home, a_spec(checkpoint=place), LeaveAfter(blocks=2))
    code, ending = live(home, a_spec({"sgd": {"loss": "hinge"}}, checkpoint=place))
    assert code == Exit.DONE
    assert ending.report is not None
    assert ending.report.checkpoint is not None
    assert ending.report.checkpoint.problem is not None
    assert ending.report.checkpoint.problem.endswith("are left alone; training starts anew")
