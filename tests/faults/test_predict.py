"""Several processes that predict write what one does, to the byte; one that is killed leaves nothing behind."""

import io
import json
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from faults.team import Team
from lsml_trainer.elastic.plan import ALONE, TeamPlan
from lsml_trainer.elastic.predictions import Done
from lsml_trainer.elastic.session import Member
from lsml_trainer.elastic.team_session import TeamSession
from lsml_trainer.elastic.travelling import travel
from lsml_trainer.errors import AskedToLeave, TeamFailed
from lsml_trainer.local_run import run_job
from lsml_trainer.predicting import in_job, run
from lsml_trainer.predicting.columns import Wanted
from lsml_trainer.predicting.job import PredictingOnly
from lsml_trainer.predicting.run import predict_to
from lsml_trainer.reporting import Reporter
from lsml_trainer.spec import Report, TrainingSpec, parse
from lsml_trainer.worker import do_job
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


PART_SECONDS = 0.05
FILES, ROWS = 60, 150


def a_life(folder: Path, leave: Callable[[Report], bool], plan: TeamPlan = ALONE) -> list[Report]:
    """What a worker that predicts says until it is done, or lost once `leave` says so."""
    spec = {
        "model": {"from": f"file://{folder}/model"},
        "predict": {"data": {"uri": f"file://{folder}/rows/*.csv"}, "output": f"file://{folder}/named"},
    }
    said, lost = list[Report](), Event()

    def listen(report: Report) -> None:
        said.append(report)
        if leave(report):
            lost.set()

    reporter = Reporter(time.monotonic, lambda: datetime.now(UTC), listen)
    with suppress(AskedToLeave):
        do_job(parse(TrainingSpec, spec), None, reporter, lost, plan)
    return said


def slowly(*args: Any) -> tuple[int, bytes]:
    """As `part_file`, in a time that is known."""
    time.sleep(PART_SECONDS)
    return run.part_file(*args)


def test_a_team_that_goes_on_where_all_were_lost_says_how_fast_it_is_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_job, "part_file", slowly)
    iris_model(tmp_path / "model")
    (tmp_path / "rows").mkdir()
    for number in range(FILES):
        iris_csv(tmp_path / "rows" / f"{number:02}.csv")

    lost = a_life(tmp_path, lambda report: report.progress.step >= FILES // 2)
    assert lost[-1].stage == "Predicting"

    with Team(tmp_path / "team", {}, "iris") as team, ThreadPoolExecutor() as pool:
        host, port = team.coordinator
        plans = [TeamPlan(f"{host}:{port}", name, host) for name in ("a", "b")]
        lives = [pool.submit(a_life, tmp_path, lambda _: False, plan) for plan in plans]
        second = [report for life in lives for report in life.result()]

    speeds = [report.progress.samples_per_second for report in (*lost, *second)]
    assert max(filter(None, speeds)) <= len(plans) * ROWS / PART_SECONDS, "no part takes less time than it sleeps"
    for progress in (report.progress for report in second if report.progress.estimated_seconds_remaining):
        parts_left = FILES - progress.step
        assert progress.estimated_seconds_remaining is not None
        assert progress.estimated_seconds_remaining >= parts_left * PART_SECONDS / len(plans) - 1e-9
    ends = [report.progress for report in second if report.stage == "Completed"]
    assert [(end.step, end.samples) for end in ends] == [(FILES, FILES * ROWS)] * len(plans)


class SlowParts:
    """As Predictions: each part takes longer than anybody waits for others."""

    parts = 200

    def predict(self, part: int, digest: str) -> Done:
        time.sleep(0.4)
        return Done(1, found=False)

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
