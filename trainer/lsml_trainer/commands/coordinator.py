"""`lsml coordinator`: where the workers of a job find each other, and tell how far they are.

Holds nothing that cannot be asked for again. Imports neither torch nor numpy (but for
torchrun's store): it starts in a second, and stays small.
"""

import os
import signal
import threading
from collections.abc import Callable
from typing import Annotated

import typer

from lsml_trainer.elastic.torchft_extension import torchft_extension
from lsml_trainer.job_token import guard_of

PORT = 29510
JOIN_TIMEOUT_MS = 600_000
"""How long those who ask wait for one who lives and does not: it is in its block, which takes as long as it takes.

Counted since the first of them asked. With less than a block, that one would be a newcomer who waited while the others
were in theirs: whoever of these asks first would make a team with it and leave the rest out, block after block.
"""


def coordinator(
    store: Annotated[bool, typer.Option("--store", help="Keep the c10d store at which torchrun finds others.")] = False,
) -> None:
    """Bring the workers of a job together, on LSML_COORDINATOR_PORT; this is what a coordinator pod runs.

    They train once LSML_MIN_WORKERS are there. LSML_PORT is where they tell how far they are, and others ask; whoever
    does shows the token in LSML_TOKEN_FILE, if there is one.
    """
    leave = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: leave.set())
    signal.signal(signal.SIGINT, lambda *_: leave.set())
    port = int(os.environ.get("LSML_COORDINATOR_PORT", PORT))
    guard = guard_of(os.environ)
    end = _store(port) if store else _quorum(port)
    # After the quorum, which workers wait for: pydantic takes as long as all that is before.
    from lsml_trainer.progress_server import serving  # noqa: PLC0415
    from lsml_trainer.spec import PROGRESS_PORT  # noqa: PLC0415
    from lsml_trainer.team_reports import TeamReports  # noqa: PLC0415

    reports = TeamReports()
    address = os.environ.get("LSML_ADDRESS", "0.0.0.0")  # noqa: S104  (as a worker's: a policy guards it)
    with serving(address, int(os.environ.get("LSML_PORT", PROGRESS_PORT)), reports.current, reports.put, guard):
        typer.echo(f"coordinating on port {port}")
        leave.wait()
    end()


def _quorum(port: int) -> Callable[[], None]:
    """Begins to bring our own workers together; gives what ends it."""
    os.environ.setdefault("RUST_LOG", "error")  # else a line for each quorum, ten in a second
    # A new team needs more than half of the workers that were heard of within the timeout: of two, the lost one must be
    # forgotten first, though its connections ended at once. Measured, two workers on a busy machine, kill to the next
    # committed block: 0.78 s, 1.05 s with 1000 ms. A heartbeat comes each 100 ms, from a thread of its own.
    server = torchft_extension().LighthouseServer(
        bind=f"[::]:{port}",
        min_replicas=int(os.environ.get("LSML_MIN_WORKERS", "1")),
        join_timeout_ms=JOIN_TIMEOUT_MS,
        quorum_tick_ms=10,
        heartbeat_timeout_ms=700,
    )
    end: Callable[[], None] = server.shutdown
    return end


def _store(port: int) -> Callable[[], None]:
    """Begins to keep the store of torchrun's c10d rendezvous; gives what ends it."""
    from torch import distributed  # noqa: PLC0415  (only a program of the user's own needs torch here)

    # mypy: torch exports it only where it was built with what is needed for it.
    kept = [distributed.TCPStore("localhost", port, is_master=True, wait_for_workers=False)]  # type: ignore[attr-defined]
    return kept.clear
