"""What TensorBoard would read: the files are read back, record by record."""

import struct
from pathlib import Path

import pytest
import typer
from tensorboardX.proto.event_pb2 import Event
from typer.testing import CliRunner

from lsml_trainer.commands import run
from lsml_trainer.errors import OutputUnavailable
from lsml_trainer.event_files import event_files
from lsml_trainer.spec import Evaluation, Metric, Progress, Report


def a_report(step: int, stage: str = "Training", **more: object) -> Report:
    progress = Progress(
        step=step,
        metrics=(Metric(name="loss", value=1.0 / (step + 1)),),
        updated_at=f"2026-01-02T03:04:{step:02}+00:00",
    )
    return Report(stage=stage, progress=progress, **more)


def scalars(folder: Path) -> list[tuple[str, int, float, float]]:
    """(tag, step, value, seconds) of every scalar; a record is a length, its checksum, the event and its checksum."""
    (file,) = folder.iterdir()
    content, found = file.read_bytes(), []
    while content:
        (length,) = struct.unpack("<Q", content[:8])
        event = Event.FromString(content[12 : 12 + length])
        found += [(value.tag, event.step, value.simple_value, event.wall_time) for value in event.summary.value]
        content = content[16 + length :]
    return found


def test_each_step_is_there_once_with_its_time_and_the_evaluation_at_the_end(tmp_path: Path) -> None:
    evaluation = Evaluation(metrics=(Metric(name="r2", value=0.5),), rows=9, held_out=True)
    reports = [a_report(1), a_report(1), a_report(3), a_report(3, "Completed", evaluation=evaluation)]
    heard: list[Report] = []
    with event_files(tmp_path / "events", heard.append) as listen:
        for report in reports:
            listen(report)
    assert heard == reports
    begin = 1767323040.0
    assert scalars(tmp_path / "events") == [
        ("training/loss", 1, 0.5, begin + 1),
        ("training/loss", 3, 0.25, begin + 3),
        ("evaluation/r2", 3, 0.5, begin + 3),
    ]


def test_where_nothing_can_be_written_it_is_said() -> None:
    with (
        pytest.raises(OutputUnavailable, match="/proc/events cannot be written"),
        event_files(Path("/proc/events"), lambda _: None),
    ):
        pass


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(run, "find_spec", lambda _: None)
    app = typer.Typer()
    app.command()(run.run)
    result = CliRunner().invoke(app, ["job.yaml", "--tensorboard", str(tmp_path)])
    assert (result.exit_code, result.stderr) == (
        2,
        "--tensorboard needs tensorboardX: pip install 'lsml[trainer,tensorboard]'\n",
    )
