"""Checkpoints are whole or not there, verified before they are used, and never those of another job.

The numbers are those of the list of faults.
"""

import os
import pickle
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lsml_trainer.elastic.checkpoint_store import (
    MANIFEST_NAME,
    POSITION_NAME,
    CheckpointStore,
    Found,
    TooLate,
    job_digest,
    stored_shards,
)
from lsml_trainer.errors import InvalidCheckpoint
from lsml_trainer.stores import DiskStore
from unit.trainer.problems import training

JOB = "sha256:" + "1" * 64
OTHER = "sha256:" + "2" * 64


def a_store(folder: Path, *steps: int, job: str = JOB, keep: int = 3, generation: int = 1) -> CheckpointStore:
    store = CheckpointStore(DiskStore(folder), job, 4, keep)
    for step in steps:
        store.write(b"state %d" % step, step, generation)
    return store


def step_of(found: Found) -> int | None:
    return found.stored.manifest.step if found.stored else None


def folders(folder: Path) -> list[int]:
    return sorted(int(path.name.removeprefix("step-")) for path in folder.iterdir())


def test_nothing_is_there_at_first(tmp_path: Path) -> None:
    assert a_store(tmp_path / "none").latest() == Found(None, None)


def test_the_latest_is_used_and_so_many_are_kept(tmp_path: Path) -> None:
    store = a_store(tmp_path, 5, 40, 300, 2000)
    found = store.latest()
    assert found.stored is not None
    assert (found.stored.position, step_of(found), found.problem) == (b"state 2000", 2000, None)
    assert folders(tmp_path) == [40, 300, 2000]


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a byte has changed": (
        lambda last: (last / POSITION_NAME).write_bytes(b"state 4"),
        "step-000000000003/position.safetensors is damaged (its sha256 is another one); step 2 is used",
    ),
    "it is cut short": (
        lambda last: (last / POSITION_NAME).write_bytes(b"sta"),
        "step-000000000003/position.safetensors is damaged (its sha256 is another one); step 2 is used",
    ),
    "the state is missing": (
        lambda last: (last / POSITION_NAME).unlink(),
        "step-000000000003 lacks position.safetensors; step 2 is used",
    ),
    "the manifest is missing": (
        lambda last: (last / MANIFEST_NAME).unlink(),
        "step-000000000003 lacks checkpoint.json; step 2 is used",
    ),
    "the manifest is no JSON": (
        lambda last: (last / MANIFEST_NAME).write_bytes(b"{"),
        "step-000000000003/checkpoint.json is damaged; step 2 is used",
    ),
    "a pickle in place of the manifest": (
        lambda last: (last / MANIFEST_NAME).write_bytes(pickle.dumps({"format": 1})),
        "step-000000000003/checkpoint.json is damaged; step 2 is used",
    ),
    "a file in place of the folder": (
        lambda last: (shutil.rmtree(last), last.write_bytes(b"")),
        "step-000000000003 lacks checkpoint.json; step 2 is used",
    ),
}


@pytest.mark.parametrize(("damage", "sentence"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_one_is_named_and_the_one_before_is_used(
    tmp_path: Path, damage: Callable[[Path], object], sentence: str
) -> None:
    """56, 59"""
    store = a_store(tmp_path, 1, 2, 3)
    damage(tmp_path / "step-000000000003")
    assert (step_of(store.latest()), store.latest().problem) == (2, sentence)


def test_all_damaged_is_said_and_nothing_is_trained_anew_by_itself(tmp_path: Path) -> None:
    """61"""
    store = a_store(tmp_path, 1, 2)
    for folder in tmp_path.iterdir():
        (folder / POSITION_NAME).write_bytes(b"")
    words = (
        f"no checkpoint in {tmp_path} can be used: "
        "step-000000000002/position.safetensors is damaged (its sha256 is another one); "
        "step-000000000001/position.safetensors is damaged (its sha256 is another one); remove them to train anew"
    )
    with pytest.raises(InvalidCheckpoint, match=re.escape(words)):
        store.latest()


def test_one_of_another_job_is_neither_used_nor_removed(tmp_path: Path) -> None:
    a_store(tmp_path, 7, 8, job=OTHER, keep=2)
    store = CheckpointStore(DiskStore(tmp_path), JOB, 4, 1)
    assert store.latest() == Found(
        None, f"{tmp_path} has checkpoints of another job only, which are left alone; training starts anew"
    )
    a_store(tmp_path, 1, 2, keep=1)
    assert (step_of(store.latest()), folders(tmp_path)) == (2, [2, 7, 8])


def test_a_writer_of_an_older_team_comes_too_late_and_leaves_nothing(tmp_path: Path) -> None:
    a_store(tmp_path, 10, generation=5)
    with pytest.raises(TooLate, match="team 5 has written a checkpoint, this is team 4"):
        a_store(tmp_path, 11, generation=4)
    assert folders(tmp_path) == [10]


def test_what_killed_writers_left_is_cleaned_up(tmp_path: Path) -> None:
    """56"""
    left = tmp_path / ".step-000000000001.saving-0123"
    left.mkdir()
    os.utime(left, (time.time() - 61,) * 2)
    a_store(tmp_path, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["step-000000000002"]


def test_what_another_writes_just_now_is_not_cleaned_up(tmp_path: Path) -> None:
    """By an older team not even where it takes long."""
    a_store(tmp_path, 10, generation=5)
    written = tmp_path / ".step-000000000011.saving-0123"
    written.mkdir()
    (written / POSITION_NAME).write_bytes(b"some")
    a_store(tmp_path, 12, generation=5)
    for path in (written / POSITION_NAME, written):
        os.utime(path, (time.time() - 61,) * 2)
    with pytest.raises(TooLate):
        a_store(tmp_path, 11, generation=4)
    assert (written / POSITION_NAME).exists()


def test_one_that_was_written_just_now_stays_though_a_damaged_one_claims_to_be_further(tmp_path: Path) -> None:
    store = a_store(tmp_path, 9)
    (tmp_path / "step-000000000009" / POSITION_NAME).write_bytes(b"")
    a_store(tmp_path, 5, keep=1, generation=2)
    assert step_of(store.latest()) == 5


def test_a_job_is_what_is_learned_from_what() -> None:
    iris = training({"svm": {"C": 2.0}})
    assert job_digest(iris, 4) == job_digest(iris.model_copy(update={"output": "pvc://a/b"}), 4)
    others = (
        training({"svm": {"C": 3.0}}),
        training({"svm": {"C": 2.0}}, seed=1),
        training({"svm": {}}, standardize=True),
    )
    assert len({job_digest(iris, 4), job_digest(iris, 8), *(job_digest(other, 4) for other in others)}) == 5


def test_a_job_goes_on_with_the_shards_that_it_had(tmp_path: Path) -> None:
    """58"""
    iris = training({"svm": {"C": 2.0}})
    assert stored_shards(DiskStore(tmp_path), iris) is None
    a_store(tmp_path, 9, job=OTHER)
    a_store(tmp_path, 5, job=job_digest(iris, 4))
    assert stored_shards(DiskStore(tmp_path), iris) == 4
