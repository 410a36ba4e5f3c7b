"""`lsml run` behind its command line: one job in this process, shown to a person."""

import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import NamedTuple, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from lsml_trainer.elastic.checkpoint_store import stored_shards
from lsml_trainer.elastic.plan import TeamPlan
from lsml_trainer.errors import AskedToLeave, OutputUnavailable
from lsml_trainer.folders import FILE_SCHEME, folder_of
from lsml_trainer.html_report.recording import Recorder
from lsml_trainer.interrupts import leaving_on_interrupt, left_sentence
from lsml_trainer.job_file import Job, read_job
from lsml_trainer.lines import STAGES, Lines, evaluated_rows, progress_line
from lsml_trainer.local_team import train_in_processes
from lsml_trainer.reporting import Listener, Reporter
from lsml_trainer.spec import CLAIMS_FOLDER, Checkpoint, InvalidSpec, Report, TrainingSpec, claim_of, parse
from lsml_trainer.stores import is_in_bucket, store_of
from lsml_trainer.tables import console_on, evaluation_table
from lsml_trainer.worker import do_job

MOST_WORKERS = 64


class Kept(NamedTuple):
    """What is kept of a training beside the model."""

    checkpoint: str | Path | None = None
    """The folder of the checkpoints, instead of the specification's."""
    metrics: Path | None = None
    """A file for each report as a line of JSON."""
    report: Path | None = None
    """An HTML file."""
    ledger: Path | None = None
    """The folder of the ledger, instead of the specification's."""
    tensorboard: Path | None = None
    """A folder for TensorBoard's event files."""


NOTHING_MORE = Kept()


def run_job(
    file: Path,
    name: str | None,
    output: str | Path | None,
    workers: int,
    out: TextIO,
    kept: Kept = NOTHING_MORE,
    least: int = 1,
) -> None:
    """Trains, or predicts, and says how it goes and where the model is; fewer than `least` workers wait for others.

    Raises what `ending.MEANINGS` lists, and KeyboardInterrupt, with a sentence where a checkpoint was left.
    """
    console = console_on(out)
    job = read_job(file, name)
    if job.training.model is not None:
        _refuse_what_is_of_a_training(output, kept)
    folder = _output(job, output, console)
    training = _with_ledger_here(job.training, kept.ledger, console)
    training = _with_predictions_here(_with_checkpoints(training, kept.checkpoint, console), folder, console)
    training = _with_model_here(training, console)
    shards = _shards(training, workers)
    if job.without_effect:
        console.print(f"without effect on this machine: spec.{', spec.'.join(job.without_effect)}")
    with _somewhere(folder, kept) as model:
        with (
            _listening(console) as shown,
            _as_event_files(shown, kept.tensorboard) as heard,
            _recording(heard, kept.metrics) as listen,
        ):
            if workers == 1:
                report = _train_here(training, model, shards, listen)
            else:
                report = train_in_processes(training, model, least, workers, shards, listen, console.print)
        if training.model is None:
            _say_result(report, folder, console)
        if training.predict is not None:
            console.print(f"the predictions are in {store_of(training.predict.output, _claims())}")
        if kept.report is not None:
            from lsml_trainer.html_report.writing import write_report  # noqa: PLC0415  (only whoever wants one)

            write_report(kept.report, job.name, job.training, listen, model, _claims())
            console.print(f"the report is in {kept.report}")


@contextmanager
def _somewhere(folder: str | Path | None, kept: Kept) -> Iterator[str | Path | None]:
    """Where the model goes: nowhere, unless a report is to be made with it; then it is gone at the end."""
    if folder is not None or kept.report is None:
        yield folder
        return
    with TemporaryDirectory(prefix="lsml-") as aside:
        yield Path(aside, "model")


def _as_event_files(listen: Listener, folder: Path | None) -> AbstractContextManager[Listener]:
    if folder is None:
        return nullcontext(listen)
    from lsml_trainer.event_files import event_files  # noqa: PLC0415  (of an extra)

    return event_files(folder, listen)


@contextmanager
def _recording(listen: Listener, metrics: Path | None) -> Iterator[Recorder]:
    """Remembers what is told; raises OutputUnavailable where it cannot be written."""
    if metrics is None:
        yield Recorder(listen)
        return
    try:
        lines = metrics.open("w", encoding="utf-8")
    except OSError as error:
        raise OutputUnavailable(f"{metrics} cannot be written: {error.strerror}") from error
    with lines:
        yield Recorder(listen, lines)


def _claims() -> Path:
    return Path(os.environ.get("LSML_CLAIMS", CLAIMS_FOLDER))


def workers_from(text: str) -> tuple[int, int]:
    """How many workers at least and at most, of N or MIN:MAX; N: one is enough to go on. Raises InvalidSpec."""
    least, colon, most = text.rpartition(":")
    numbers = [least if colon else "1", most]
    if all(number.isdecimal() for number in numbers):
        first, last = map(int, numbers)
        if 1 <= first <= last <= MOST_WORKERS:
            return first, last
    raise InvalidSpec(f"--workers is {text!r}; give a number such as 2, or MIN:MAX such as 1:4, at most {MOST_WORKERS}")


def _train_here(training: TrainingSpec, folder: str | Path | None, shards: int, listen: Listener) -> Report:
    """In this process. With a checkpoint, the first Ctrl-C is heard after the block, the second at once."""
    reporter = Reporter(time.monotonic, lambda: datetime.now(UTC), listen)
    with leaving_on_interrupt() if training.checkpoint else nullcontext(Event()) as leave:
        try:
            do_job(training, folder, reporter, leave, TeamPlan(shards=shards), _claims())
        except AskedToLeave:
            raise KeyboardInterrupt(left_sentence(reporter.current)) from None
    return reporter.current


def _with_checkpoints(training: TrainingSpec, folder: str | Path | None, console: Console) -> TrainingSpec:
    """The specification with its checkpoints in a folder of this machine, which has no claims, or of a bucket."""
    wanted = training.checkpoint
    claim_folder = claim_of(wanted.uri) if wanted else None
    if folder is None and claim_folder is not None:
        folder = Path("models", claim_folder.claim, claim_folder.folder)
        console.print(f"{wanted.uri if wanted else ''} is a claim of a cluster; here checkpoints go to ./{folder}")
    if folder is None:
        return training
    uri = os.fspath(folder) if is_in_bucket(folder) else f"{FILE_SCHEME}{Path(folder).absolute()}"
    here = wanted.model_copy(update={"uri": uri}) if wanted else parse(Checkpoint, {"uri": uri}, "--checkpoint")
    return training.model_copy(update={"checkpoint": here})


def _with_ledger_here(training: TrainingSpec, folder: Path | None, console: Console) -> TrainingSpec:
    """The specification with its ledger in a folder of this machine."""
    claim_folder = claim_of(training.ledger or "")
    if folder is None and claim_folder is not None:
        folder = Path("models", claim_folder.claim, claim_folder.folder)
        console.print(f"{training.ledger} is a claim of a cluster; here the ledger goes to ./{folder}")
    if folder is None:
        return training
    return training.model_copy(update={"ledger": f"{FILE_SCHEME}{folder.absolute()}"})


def _with_predictions_here(training: TrainingSpec, folder: str | Path | None, console: Console) -> TrainingSpec:
    """The specification with its predictions in a folder of this machine."""
    if training.predict is None:
        return training
    if folder is None and training.model is None:
        raise InvalidSpec("spec.predict needs the model's folder; give --output FOLDER")
    claim_folder = claim_of(training.predict.output)
    if claim_folder is None:
        return training
    here = Path("models", claim_folder.claim, claim_folder.folder)
    console.print(f"{training.predict.output} is a claim of a cluster; here predictions go to ./{here}")
    predict = training.predict.model_copy(update={"output": f"{FILE_SCHEME}{here.absolute()}"})
    return training.model_copy(update={"predict": predict})


def _with_model_here(training: TrainingSpec, console: Console) -> TrainingSpec:
    """The specification with the model that predicts in a folder of this machine."""
    claim_folder = claim_of(training.model.source) if training.model else None
    if training.model is None or claim_folder is None:
        return training
    here = Path("models", claim_folder.claim, claim_folder.folder)
    console.print(f"{training.model.source} is a claim of a cluster; here the model is read from ./{here}")
    model = training.model.model_copy(update={"source": f"{FILE_SCHEME}{here.absolute()}"})
    return training.model_copy(update={"model": model})


def _refuse_what_is_of_a_training(output: str | Path | None, kept: Kept) -> None:
    if output is not None or kept != NOTHING_MORE._replace(metrics=kept.metrics):
        raise InvalidSpec(
            "spec.model: nothing is trained; take out --output, --checkpoint, --ledger, --report and --tensorboard"
        )


def _shards(training: TrainingSpec, workers: int) -> int:
    """As many as the specification says or a checkpoint has, else one for each worker, rounded up."""
    stored = stored_shards(store_of(training.checkpoint.uri), training) if training.checkpoint else None
    return (training.data and training.data.shards) or stored or 1 << (workers - 1).bit_length()


def _output(job: Job, output: str | Path | None, console: Console) -> str | Path | None:
    """Where the model goes: a URI of a bucket, or a folder of this machine, which has no claims."""
    wanted = job.training.output if output is None else output
    if wanted is None or is_in_bucket(wanted):
        return None if wanted is None else os.fspath(wanted)
    if output is not None or job.training.output is None:
        return Path(wanted)
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


def _say_result(report: Report, folder: str | Path | None, console: Console) -> None:
    if console.is_terminal:
        console.print(progress_line(report.progress))
    if report.evaluation:
        console.print(evaluation_table(report.evaluation, evaluated_rows(report.evaluation)))
    if folder:
        console.print(f"the model is in {folder}: lsml_trainer.load({str(folder)!r})")
    else:
        console.print("no model was saved: the job has no output; give --output FOLDER to keep it")
