"""`lsml run` behind its command line: one job in this process, shown to a person."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from lsml_trainer.folders import folder_of
from lsml_trainer.job_file import Job, read_job
from lsml_trainer.lines import STAGES, Lines, evaluated_rows, progress_line
from lsml_trainer.local_team import train_in_processes
from lsml_trainer.reporting import Listener, Reporter
from lsml_trainer.spec import CLAIMS_FOLDER, Report, claim_of
from lsml_trainer.tables import console_on, evaluation_table
from lsml_trainer.worker import train


def run_job(file: Path, name: str | None, output: Path | None, workers: int, out: TextIO) -> None:
    """Trains, and says how it goes and where the model is.

    Raises what `ending.MEANINGS` lists.
    """
    console = console_on(out)
    job = read_job(file, name)
    folder = _output(job, output, console)
    if job.without_effect:
        console.print(f"without effect on this machine: spec.{', spec.'.join(job.without_effect)}")
    with _listening(console) as listen:
        if workers == 1:
            reporter = Reporter(time.monotonic, lambda: datetime.now(UTC), listen)
            claims = Path(os.environ.get("LSML_CLAIMS", CLAIMS_FOLDER))
            train(job.training, folder, reporter, Event(), claims=claims)
            report = reporter.current
        else:
            report = train_in_processes(job.training, folder, workers, listen, console.print)
    _say_result(report, folder, console)


def _output(job: Job, output: Path | None, console: Console) -> Path | None:
    """Where the model goes on this machine, which has no claims."""
    if output is not None or job.training.output is None:
        return output
    claim_folder = claim_of(job.training.output)
    if claim_folder is None:
        return folder_of(job.training.output)
    folder = Path("models", claim_folder.claim, claim_folder.folder)
    console.print(f"{job.training.output} is a claim of a cluster; here the model goes to ./{folder}")
    return folder


@contextmanager
def _listening(console: Console) -> Iterator[Listener]:
    """A bar that moves where a person looks on, else plain lines."""
    if not console.is_terminal:
        yield Lines(console.print, time.monotonic)
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=100.0)

        def show(report: Report) -> None:
            steps = f": {progress_line(report.progress)}" if report.progress.step else ""
            bar.update(task, description=f"{STAGES[report.stage]}{steps}", completed=report.progress.percent)

        yield show


def _say_result(report: Report, folder: Path | None, console: Console) -> None:
    if console.is_terminal:
        console.print(progress_line(report.progress))
    if report.evaluation:
        console.print(evaluation_table(report.evaluation, evaluated_rows(report.evaluation)))
    if folder:
        console.print(f"the model is in {folder}: lsml_trainer.load({str(folder)!r})")
    else:
        console.print("no model was saved: the job has no output; give --output FOLDER to keep it")
