"""`lsml coordinator`: where the workers of a job find each other. Holds nothing that cannot be asked for again."""

import os
import signal
import threading
from importlib.machinery import ExtensionFileLoader
from importlib.metadata import files
from importlib.util import module_from_spec, spec_from_loader
from typing import Any

import typer

PORT = 29510


def coordinator() -> None:
    """Bring the workers of a job together, on LSML_COORDINATOR_PORT; this is what a coordinator pod runs."""
    leave = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: leave.set())
    signal.signal(signal.SIGINT, lambda *_: leave.set())
    os.environ.setdefault("RUST_LOG", "error")  # else a line for each quorum, ten in a second
    port = int(os.environ.get("LSML_COORDINATOR_PORT", PORT))
    # Measured: with these a lost worker costs the others less than a second.
    server = lighthouse()(
        bind=f"[::]:{port}", min_replicas=1, join_timeout_ms=200, quorum_tick_ms=10, heartbeat_timeout_ms=1000
    )
    typer.echo(f"coordinating on port {port}")
    leave.wait()
    server.shutdown()


def lighthouse() -> Any:
    """torchft's LighthouseServer, out of its extension module alone: the package around it imports torch."""
    (extension,) = (
        file for file in files("torchft") or () if file.name.startswith("_torchft") and file.suffix == ".so"
    )
    spec = spec_from_loader("_torchft", ExtensionFileLoader("_torchft", str(extension.locate())))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.LighthouseServer
