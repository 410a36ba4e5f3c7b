"""`lsml worker`: what a worker pod runs. Not for people."""

import os
import signal
import threading

import typer


def worker() -> None:
    """Train what LSML_SPEC says; this is what a worker pod runs."""
    leave = threading.Event()
    # First of all: as process 1 of its container it would otherwise not hear a SIGTERM while it imports.
    signal.signal(signal.SIGTERM, lambda *_: leave.set())
    from lsml_trainer.threads import limit_threads  # noqa: PLC0415  (after the signal, before the libraries)

    limit_threads(os.environ)
    from lsml_trainer.worker import run_worker  # noqa: PLC0415  (imports numpy, which the limit must precede)

    raise typer.Exit(run_worker(os.environ, leave, typer.echo))
