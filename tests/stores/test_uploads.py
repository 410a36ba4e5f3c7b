"""Models and checkpoints in a bucket: marked after verification, whatever the store and the network do.

The numbers are those of the list of faults.
"""

import os
import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest

import lsml_trainer
from faults.slow_line import slow_line
from lsml_operator.decide.diagnosis.times import checkpoint_slow
from lsml_trainer.data import load_problem
from lsml_trainer.elastic.checkpoint_keeper import CheckpointKeeper
from lsml_trainer.elastic.checkpoint_store import MANIFEST_NAME, CheckpointStore, Found, TooLate
from lsml_trainer.errors import AskedToLeave, DataUnavailable, InvalidCheckpoint, InvalidModel, OutputUnavailable
from lsml_trainer.reporting import Reporter
from lsml_trainer.saving import check_output, save_model
from lsml_trainer.spec import (
    BucketFolder,
    Checkpoint,
    CheckpointReport,
    Evaluation,
    InvalidSpec,
    Report,
    TrainingSpec,
    parse,
)
from lsml_trainer.stores import DiskStore, store_of
from lsml_trainer.stores.bucket import BucketStore
from lsml_trainer.stores.connecting import filesystem
from lsml_trainer.worker import do_job
from stores.conftest import ENVIRONMENT
from stores.proxy import Fault, FaultyProxy, Kind
from unit.operator.builders import a_world
from unit.trainer.problems import training

JOB = "sha256:" + "1" * 64
BIG = bytes(range(256)) * 44 * 1024  # 11 MiB: uploaded in parts


@pytest.fixture
def folder(proxy: FaultyProxy, request: pytest.FixtureRequest) -> BucketStore:
    """A new folder of the bucket behind the proxy; the library tries once, and our pauses take no time."""
    del proxy
    name = sha256(request.node.name.encode()).hexdigest()[:12]
    at = BucketStore.at(BucketFolder("s3", "kept", name))
    return replace(at, files=filesystem("s3", tries=1), sleep=lambda _: None)


def a_store(folder: BucketStore, keep: int = 3) -> CheckpointStore:
    return CheckpointStore(folder, JOB, 4, keep)


def step_of(found: Found) -> int | None:
    return found.stored.manifest.step if found.stored else None


def names(folder: BucketStore) -> list[str]:
    """Of all that is there, without what their contents call them."""
    return sorted(
        re.sub(r"-[0-9a-f]{16}\.", ".", f"{child}/{name}")
        for child, files in folder._listed().items()
        for name in files
    )


UPLOADS: dict[str, tuple[Kind, str, str, bytes]] = {
    "the store is busy": ("503", "PUT", "position", b"state"),
    "the store is busy as the marker is written": ("503", "PUT", MANIFEST_NAME, b"state"),
    "cut in the middle of a file": ("cut", "PUT", "position", b"state" * 1000),
    "cut in the middle of a part": ("cut", "PUT", "partNumber=1", BIG),
    "a part's acknowledgement is lost": ("no acknowledgement", "PUT", "partNumber=1", BIG),
    "the last acknowledgement of the parts is lost": ("no acknowledgement", "POST", "uploadId", BIG),
    "a file's acknowledgement is lost": ("no acknowledgement", "PUT", "position", b"state"),
    "the marker's acknowledgement is lost": ("no acknowledgement", "PUT", MANIFEST_NAME, b"state"),
    "the store is busy as it is read back": ("503", "GET", "position", b"state"),
}


@pytest.mark.parametrize(("kind", "method", "path", "state"), UPLOADS.values(), ids=UPLOADS)
def test_an_upload_that_failed_is_done_again(
    proxy: FaultyProxy, folder: BucketStore, kind: Kind, method: str, path: str, state: bytes
) -> None:
    """60"""
    proxy.faults.append(Fault(kind, path, 1, method))
    a_store(folder).write(state, 5, 1)
    found = a_store(folder).latest()
    assert proxy.all_fired
    assert found.stored is not None
    assert (found.stored.position, step_of(found), found.problem) == (state, 5, None)
    assert names(folder) == ["step-000000000005/checkpoint.json", "step-000000000005/position.safetensors"]


def test_what_cannot_be_uploaded_is_never_marked_and_said_while_training_goes_on(
    proxy: FaultyProxy, folder: BucketStore
) -> None:
    """60"""
    told: list[CheckpointReport] = []
    clock = iter(range(0, 10_000, 100))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    keeper = CheckpointKeeper(a_store(folder), str(folder), 60, lambda: next(clock), lambda: now, told.append)
    proxy.faults.append(Fault("503", "position", 1000))
    keeper.offer(lambda: {"at": np.ones(1)}, 5, 1, is_first=True)
    keeper._finish()
    assert (told[-1].step, names(folder)) == (None, [])
    words = "the checkpoint of step 5 could not be written: AWS Error SERVICE_UNAVAILABLE"
    assert (told[-1].problem or "").startswith(words)
    assert (told[-1].problem or "").endswith("; training goes on, and tries again")
    proxy.faults.clear()
    keeper.offer(lambda: {"at": np.ones(1)}, 6, 1, is_first=True)
    keeper.close()
    assert (told[-1].step, told[-1].problem) == (6, None)


def test_killed_between_the_parts_the_one_before_is_used_and_the_leftover_goes(folder: BucketStore) -> None:
    """53, 56"""
    a_store(folder).write(b"one", 1, 1)

    def killed() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        folder.child("step-000000000002").write({"position.safetensors": b"two", MANIFEST_NAME: b"{}"}, killed)
    assert "step-000000000002/position.safetensors" in names(folder)
    assert (step_of(a_store(folder).latest()), a_store(folder).latest().problem) == (1, None)
    a_store(folder).write(b"three", 3, 1)
    assert "step-000000000002/position.safetensors" in names(folder)  # it may be somebody's who is still at it
    a_store(replace(folder, leftover_seconds=0.0)).write(b"four", 4, 1)
    assert not [name for name in names(folder) if name.startswith("step-000000000002")]
    assert step_of(a_store(folder).latest()) == 4


def test_old_ones_go_and_a_late_writer_is_refused(folder: BucketStore) -> None:
    store = a_store(folder, keep=2)
    for step in (1, 2, 3):
        store.write(b"state", step, 2)
    with pytest.raises(TooLate, match="team 2 has written a checkpoint, this is team 1"):
        store.write(b"late", 4, 1)
    assert folder.children(MANIFEST_NAME) == ["step-000000000002", "step-000000000003"]


def test_a_damaged_one_is_named_and_all_damaged_is_said(folder: BucketStore) -> None:
    """61"""
    for step in (1, 2):
        a_store(folder).write(b"state", step, 1)
    damage(folder.child("step-000000000002"), "position")
    problem = "step-000000000002/position.safetensors is damaged (its sha256 is another one); step 1 is used"
    assert (step_of(a_store(folder).latest()), a_store(folder).latest().problem) == (1, problem)
    damage(folder.child("step-000000000001"), MANIFEST_NAME)
    with pytest.raises(
        InvalidCheckpoint, match=f"no checkpoint in {folder} can be used: .*; remove them to train anew"
    ):
        a_store(folder).latest()


def damage(folder: BucketStore, name: str) -> None:
    (found,) = (file for file in folder._listed()[""] if file.startswith(name))
    with folder.files.open_output_stream(f"{folder.path}/{found}") as stream:
        stream.write(b"?")


FAR_SECONDS = 0.3
"""There, and back again: a file takes more than half a second, and a checkpoint is two, each of which is read back."""
EPOCHS = 300  # of ten steps: some seconds
SPEC = training({"gradientDescent": {"loss": "log_loss"}})
PROBLEM = load_problem(SPEC.data, learns_classes=True)


def save(folder: BucketStore | DiskStore, scale: float = 1.0) -> None:
    weights = {"coef": np.eye(3, 4) * scale, "intercept": np.zeros(3)}
    save_model(folder, SPEC, PROBLEM, weights, Evaluation(metrics=(), rows=150, held_out=False))


def score(place: Any) -> Any:
    return lsml_trainer.load(place).decision_function([[1, 2, 3, 4]]).tolist()


def test_a_model_is_loaded_from_a_bucket_and_replaced_as_a_whole(proxy: FaultyProxy, folder: BucketStore) -> None:
    """53, 60"""
    check_output(folder)
    assert names(folder) == []
    save(folder)
    check_output(folder)
    assert score(str(folder)) == [[1.0, 2.0, 3.0]]
    proxy.faults.append(Fault("503", "model.json", 1000))
    with pytest.raises(OutputUnavailable, match=f"the model cannot be written to {folder}: .*; it is tried again"):
        save(folder, scale=2.0)
    assert score(str(folder)) == [[1.0, 2.0, 3.0]]  # the former one, though the new weights are there
    proxy.faults.clear()
    save(replace(folder, leftover_seconds=0.0), scale=2.0)
    assert (score(str(folder)), names(folder)) == ([[2.0, 4.0, 6.0]], ["/model.json", "/weights.safetensors"])


def test_a_bucket_that_does_not_answer_is_no_reason_to_give_up(proxy: FaultyProxy, folder: BucketStore) -> None:
    """60"""
    save(folder)
    proxy.faults.append(Fault("503", "model.json", 1000, "GET"))
    proxy.faults.append(Fault("503", "model.json", 1000, "HEAD"))
    with pytest.raises(DataUnavailable, match=rf"^{folder}/model.json cannot be read: .*; it is tried again$"):
        lsml_trainer.load(str(folder))


def test_a_model_can_be_copied_out_of_a_bucket_and_into_one(folder: BucketStore, tmp_path: Path) -> None:
    save(folder)
    for name in folder._listed()[""]:
        (tmp_path / name).write_bytes(folder.read(name))
    assert score(tmp_path) == [[1.0, 2.0, 3.0]]
    save(DiskStore(tmp_path / "here"), scale=3.0)
    for path in (tmp_path / "here").iterdir():
        with folder.files.open_output_stream(f"{folder.path}/copy/{path.name}") as stream:
            stream.write(path.read_bytes())
    assert score(f"{folder}/copy") == [[3.0, 6.0, 9.0]]


def test_what_is_no_model_is_not_overwritten(folder: BucketStore) -> None:
    with folder.files.open_output_stream(f"{folder.path}/thesis.txt") as stream:
        stream.write(b"chapter one")
    with pytest.raises(InvalidSpec, match="holds other things than a model; name another folder"):
        check_output(folder)


def trained(job: TrainingSpec, stop_at: int | None = None) -> Report:
    """What is told at the end of a training that is asked to leave at a step."""
    leave = Event()

    def listen(report: Report) -> None:
        if stop_at is not None and report.progress.step >= stop_at:
            leave.set()

    reporter = Reporter(time.monotonic, lambda: datetime.now(UTC), listen)
    do_job(job, job.output, reporter, leave)
    return reporter.current


@pytest.mark.usefixtures("proxy")
def test_a_training_that_was_interrupted_goes_on_from_a_bucket_to_the_same_model(folder: BucketStore) -> None:
    """58"""
    sgd = training({"sgd": {"loss": "log_loss", "epochs": EPOCHS, "batchSize": 16}})
    alone = trained(sgd.model_copy(update={"output": f"{folder}/alone"}))
    job = sgd.model_copy(update={"output": f"{folder}/resumed", "checkpoint": Checkpoint(uri=f"{folder}/state")})
    with pytest.raises(AskedToLeave, match=f"; its checkpoint is in {folder}/state"):
        trained(job, stop_at=1)
    assert a_checkpoint_is_before_the_end(job)
    resumed = trained(job)
    assert alone.model is not None
    assert resumed.model is not None
    assert (resumed.model.uri, resumed.model.digest) == (f"{folder}/resumed", alone.model.digest)
    assert resumed.checkpoint is not None


def a_checkpoint_is_before_the_end(job: TrainingSpec) -> bool:
    assert job.checkpoint is not None
    (folder,) = store_of(job.checkpoint.uri).children(MANIFEST_NAME)
    step = int(folder.removeprefix("step-"))
    return 0 < step < EPOCHS * 10


@pytest.mark.usefixtures("bucket")
def test_a_store_that_is_far_makes_checkpoints_take_longer_than_their_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    leave, told = Event(), []

    def listen(report: Report) -> None:
        told.append(report)
        if report.checkpoint is not None and report.checkpoint.seconds is not None:
            leave.set()

    host, _, port = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://").partition(":")
    checkpoint = {"uri": "s3://kept/far", "everySeconds": 1}
    sgd = training({"sgd": {"loss": "log_loss", "epochs": 1_000_000}})
    with slow_line((host, int(port)), FAR_SECONDS) as far:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{far}")
        reporter = Reporter(time.monotonic, lambda: datetime.now(UTC), listen)
        with pytest.raises(AskedToLeave):
            do_job(sgd.model_copy(update={"checkpoint": parse(Checkpoint, checkpoint)}), None, reporter, leave)
    found = checkpoint_slow(a_world(report=told[-1], checkpoint=checkpoint))
    assert found is not None
    assert found.reason == "CheckpointSlow"


ADDRESSES = {
    "a key in the address": "s3://somebody:very-hidden@kept/model",
    "a key in a query": "s3://kept/model?secret=very-hidden",
    "a bucket that is not there": "s3://no-such-bucket/model",
}


@pytest.mark.parametrize("uri", ADDRESSES.values(), ids=ADDRESSES)
@pytest.mark.usefixtures("proxy")
def test_no_key_is_in_a_sentence(uri: str) -> None:
    """66"""
    with pytest.raises(InvalidModel) as refusal:
        lsml_trainer.load(uri)
    assert not any(hidden in str(refusal.value) for hidden in secrets())


def test_no_key_is_in_what_is_kept_or_said(proxy: FaultyProxy, folder: BucketStore) -> None:
    """66"""
    save(folder)
    a_store(folder.child("state")).write(b"state", 1, 1)
    kept = [folder.read("model.json"), folder.child("state").child("step-000000000001").read(MANIFEST_NAME)]
    proxy.faults.append(Fault("503", "model.json", 1000))
    with pytest.raises(OutputUnavailable) as refusal:
        save(folder, scale=2.0)
    for text in (*(content.decode() for content in kept), str(refusal.value)):
        assert not any(hidden in text for hidden in secrets())


def secrets() -> tuple[str, str]:
    return ENVIRONMENT["AWS_ACCESS_KEY_ID"], ENVIRONMENT["AWS_SECRET_ACCESS_KEY"]
