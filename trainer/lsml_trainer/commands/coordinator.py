"""`lsml coordinator`: where the workers of a job find each other. Holds nothing that cannot be asked for again."""

import os
import signal
import threading

import typer

from lsml_trainer.elastic.torchft_extension import torchft_extension

PORT = 29510


def coordinator() -> None:
    """Bring the workers of a job together, on LSML_COORDINATOR_PORT; this is what a coordinator pod runs."""
    leave = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: leave.set())
    signal.signal(signal.SIGINT, lambda *_: leave.set())
    os.environ.setdefault("RUST_LOG", "error")  # else a line for each quorum, ten in a second
    port = int(os.environ.get("LSML_COORDINATOR_PORT", PORT))
    # Measured: with these a lost worker costs the others less than a second.
    server = torchft_extension().LighthouseServer(
        bind=f"[::]:{port}", min_replicas=1, join_timeout_ms=200, quorum_tick_ms=10, heartbeat_timeout_ms=1000
    )
    typer.echo(f"coordinating on port {port}")
    leave.wait()
    server.shutdown()
