"""Several processes that predict write what one does, to the byte; one that is killed leaves nothing behind."""

import io
import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from faults.team import Team
from lsml_trainer.elastic.session import Member
from lsml_trainer.elastic.team_session import TeamSession
from lsml_trainer.elastic.travelling import travel
from lsml_trainer.errors import TeamFailed
from lsml_trainer.local_run import run_job
from lsml_trainer.predicting import run
from lsml_trainer.predicting.columns import Wanted
from lsml_trainer.predicting.job import PredictingOnly
from lsml_trainer.predicting.run import predict_to
from training.predicting.saved import iris_csv, iris_model


def predict(folder: Path, output: Path, workers: int) -> None:
    predict_to(str(folder / "model"), str(folder / "rows.csv"), output, Wanted(), folder, workers, part_rows=32)


def content(output: Path) -> dict[str, bytes]:
    files = output.iterdir() if output.is_dir() else [output]
    return {path.name: path.read_bytes() for path in files}


@pytest.mark.parametrize("output", ["out.csv", "out.parquet", "out"])
def test_several_processes_write_the_same_bytes(tmp_path: Path, output: str) -> None:
    iris_model(tmp_path / "model")
    iris_csv(tmp_path / "rows.csv")
    one, two = tmp_path / "one" / output, tmp_path / "two" / output
    predict(tmp_path, one, workers=1)
    predict(tmp_path, two, workers=2)
    assert content(one) == content(two)


def test_a_process_that_is_killed_is_told_and_the_former_output_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    iris_model(tmp_path / "model")
    iris_csv(tmp_path / "rows.csv")
    (tmp_path / "out.csv").write_text("before")
    monkeypatch.setattr(run, "_predicted", killed)
    with pytest.raises(TeamFailed, match="a process that predicted was killed"):
        predict(tmp_path, tmp_path / "out.csv", workers=2)
    assert (tmp_path / "out.csv").read_text() == "before"
    assert {path.name for path in tmp_path.iterdir()} == {"model", "rows.csv", "out.csv"}


def killed(*_: object) -> None:
    """What a process of the pool does that is killed."""
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_team_that_only_predicts_does_what_one_worker_does(tmp_path: Path) -> None:
    iris_model(tmp_path / "model")
    rows = iris_csv(tmp_path / "rows.csv", times=2000)
    for workers in (1, 2):
        spec = {
            "model": {"from": f"file://{tmp_path}/model"},
            "predict": {"data": {"uri": f"file://{rows}"}, "output": f"file://{tmp_path}/{workers}"},
        }
        job = {"apiVersion": "lsml.dev/v1alpha1", "kind": "TrainingJob", "metadata": {"name": "a"}, "spec": spec}
        (tmp_path / "job.yaml").write_text(json.dumps(job))
        run_job(tmp_path / "job.yaml", None, None, workers, io.StringIO())
    assert len(content(tmp_path / "1")) == 4, "three parts and _SUCCESS"
    assert content(tmp_path / "1") == content(tmp_path / "2")


def test_a_team_predicts_what_one_worker_does(tmp_path: Path) -> None:
    rows = iris_csv(tmp_path / "rows.csv")
    for workers in (1, 2):
        folder = tmp_path / str(workers)
        spec = {
            "algorithm": {"gradientDescent": {"loss": "log_loss", "iterations": 50}},
            "data": {"train": {"uri": "builtin://iris"}, "shards": 4},
            "output": f"file://{folder}/model",
            "predict": {"data": {"uri": f"file://{rows}"}, "output": f"file://{folder}/named"},
        }
        job = {"apiVersion": "lsml.dev/v1alpha1", "kind": "TrainingJob", "metadata": {"name": "a"}, "spec": spec}
        (tmp_path / "job.yaml").write_text(json.dumps(job))
        run_job(tmp_path / "job.yaml", None, None, workers, io.StringIO())
    assert content(tmp_path / "1" / "named") == content(tmp_path / "2" / "named")


class SlowParts:
    """As Predictions: each part takes longer than anybody waits for others."""

    parts = 200

    def predict(self, part: int, digest: str) -> None:
        time.sleep(0.4)

    def publish(self, digest: str) -> None:
        pass


class SeenError(Exception):
    """Three in a row were done by the whole team."""


def in_a_team_of_three(coordinator: tuple[str, int], name: str) -> bool:
    """Whether this worker comes into one that stays."""
    journey, sizes = PredictingOnly(SlowParts(), "sha256:0"), list[int]()

    def arrived(member: Member) -> None:
        sizes.append(member.size)
        if sizes[-3:] == [3, 3, 3]:
            raise SeenError

    host, port = coordinator
    session = TeamSession(f"{host}:{port}", host, name, 4, journey, lambda: None)
    try:
        travel(journey, session, time.monotonic, arrived)
    except SeenError:
        return True
    finally:
        session.close()
    return False


def test_whoever_waited_for_a_long_part_takes_nobodys_place(tmp_path: Path) -> None:
    with Team(tmp_path, {}, "iris") as team, ThreadPoolExecutor() as pool:
        workers = [pool.submit(in_a_team_of_three, team.coordinator, f"w{index}") for index in range(3)]
        assert [worker.result() for worker in workers] == [True] * 3
