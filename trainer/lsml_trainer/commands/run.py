"""`lsml run FILE`: trains a TrainingJob in this process, without Kubernetes."""

import os
import signal
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from lsml_trainer.interrupts import interrupted
from lsml_trainer.spec import Exit


def run(
    file: Annotated[Path, typer.Argument(help="A YAML file with a TrainingJob, as for kubectl apply.")],
    name: Annotated[str | None, typer.Option(help="Which TrainingJob, where the file holds several.")] = None,
    output: Annotated[
        str | None, typer.Option(help="The folder that receives the model, or s3://BUCKET/FOLDER; else spec.output.")
    ] = None,
    checkpoint: Annotated[
        str | None, typer.Option(help="The folder of the checkpoints, or s3://BUCKET/FOLDER; else spec.checkpoint.uri.")
    ] = None,
    workers: Annotated[
        str, typer.Option(metavar="N|MIN:MAX", help="Worker processes that train together; fewer than MIN wait.")
    ] = "1",
    ledger: Annotated[
        Path | None, typer.Option(help="The folder of the ledger (lsml verify-ledger), instead of spec.ledger.")
    ] = None,
    metrics: Annotated[Path | None, typer.Option(help="A file for each report as a line of JSON.")] = None,
    tensorboard: Annotated[
        Path | None, typer.Option(help="A folder for event files, which `tensorboard --logdir` shows.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="An HTML file for the curves and how good the model is.")] = None,
) -> None:
    """Train a TrainingJob on this machine, without Kubernetes."""
    from lsml_trainer.threads import limit_threads  # noqa: PLC0415  (must precede the libraries)

    limit_threads(os.environ)
    signal.signal(signal.SIGTERM, interrupted)  # leaves no worker process behind
    if tensorboard is not None and find_spec("tensorboardX") is None:
        typer.echo("--tensorboard needs tensorboardX: pip install 'lsml[trainer,tensorboard]'", err=True)
        raise typer.Exit(Exit.INVALID)
    from lsml_trainer.commands.saying import in_a_sentence  # noqa: PLC0415  (imports pydantic)
    from lsml_trainer.local_run import Kept, run_job, workers_from  # noqa: PLC0415  (imports numpy)

    def work() -> None:
        least, most = workers_from(workers)
        run_job(file, name, output, most, sys.stdout, Kept(checkpoint, metrics, report, ledger, tensorboard), least)

    raise typer.Exit(in_a_sentence(work, "Stopped; no model was saved."))
