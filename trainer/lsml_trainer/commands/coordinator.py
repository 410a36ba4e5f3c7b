"""`lsml coordinator`: where the workers of a job find each other, and tell how far they are.

Holds nothing that cannot be asked for again. Imports neither torch nor numpy: it starts in a second, and stays small.
"""

import os
import signal
import threading

import typer

from lsml_trainer.elastic.torchft_extension import torchft_extension

PORT = 29510


def coordinator() -> None:
    """Bring the workers of a job together, on LSML_COORDINATOR_PORT; this is what a coordinator pod runs.

    They train once LSML_MIN_WORKERS are there. LSML_PORT is where they tell how far they are, and others ask.
    """
    from lsml_trainer.progress_server import serving  # noqa: PLC0415  (the other commands need not wait for it)
    from lsml_trainer.spec import PROGRESS_PORT  # noqa: PLC0415
    from lsml_trainer.team_reports import TeamReports  # noqa: PLC0415

    leave = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: leave.set())
    signal.signal(signal.SIGINT, lambda *_: leave.set())
    os.environ.setdefault("RUST_LOG", "error")  # else a line for each quorum, ten in a second
    port = int(os.environ.get("LSML_COORDINATOR_PORT", PORT))
    # Measured: with these a lost worker costs the others less than a second.
    server = torchft_extension().LighthouseServer(
        bind=f"[::]:{port}",
        min_replicas=int(os.environ.get("LSML_MIN_WORKERS", "1")),
        join_timeout_ms=200,
        quorum_tick_ms=10,
        heartbeat_timeout_ms=1000,
    )
    reports = TeamReports()
    address = os.environ.get("LSML_ADDRESS", "0.0.0.0")  # noqa: S104  (as a worker's: a policy guards it)
    with serving(address, int(os.environ.get("LSML_PORT", PROGRESS_PORT)), reports.current, reports.put):
        typer.echo(f"coordinating on port {port}")
        leave.wait()
    server.shutdown()
