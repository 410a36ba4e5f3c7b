"""A training's metrics as TensorBoard's event files. A Listener; knows nothing of training."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from tensorboardX import SummaryWriter

from lsml_trainer.errors import OutputUnavailable
from lsml_trainer.reporting import Listener
from lsml_trainer.spec import Report


@contextmanager
def event_files(folder: Path, listen: Listener) -> Iterator[Listener]:
    """What passes each report on and writes it into a file of the folder, complete when the block has ended.

    Raises OutputUnavailable where none can be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writer = SummaryWriter(str(folder))
    except OSError as error:
        raise OutputUnavailable(f"{folder} cannot be written: {error.strerror}") from error
    with writer:
        yield _Written(writer, listen)


class _Written:
    def __init__(self, writer: SummaryWriter, listen: Listener) -> None:
        self._writer, self._listen = writer, listen
        self._step = -1

    def __call__(self, report: Report) -> None:
        progress, time = report.progress, datetime.fromisoformat(report.progress.updated_at).timestamp()
        if progress.metrics and progress.step > self._step:
            self._step = progress.step
            for metric in progress.metrics:
                self._writer.add_scalar(f"training/{metric.name}", metric.value, progress.step, time)
            if progress.samples_per_second is not None:
                self._writer.add_scalar("training/rows_per_second", progress.samples_per_second, progress.step, time)
        if report.evaluation is not None and report.stage == "Completed":
            for metric in report.evaluation.metrics:
                self._writer.add_scalar(f"evaluation/{metric.name}", metric.value, progress.step, time)
        self._listen(report)
