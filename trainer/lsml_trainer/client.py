"""How a program of the user's own tells how far it is: told to the coordinator once a second. Standard library only.

Outside a job, and in all but the first process of a worker, it does nothing. It never raises, and never waits: what
cannot be told now is told a second later.
"""

import atexit
import json
import math
import os
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from typing import Any

from lsml_trainer.job_token import shown, token_of

TELL_SECONDS = 1.0
MOST_METRICS, NAME = 16, re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,62}")  # what the wire takes


class Client:
    """Keeps the last report, and tells it while the process lives."""

    def __init__(self, address: str, worker: str, token: str | None = None) -> None:
        self._address, self._path = address, f"/reports/{worker}"
        self._headers = shown(token)
        self._last = b""
        self._first: tuple[float, int] | None = None
        self._teller: threading.Thread | None = None

    def put(self, step: int, total: int | None, samples_per_second: float | None, metrics: Mapping[str, float]) -> None:
        """The report from now on; the first begins to tell."""
        now = time.monotonic()
        self._first = self._first or (now, step)
        speed = (step - self._first[1]) / (now - self._first[0]) if now > self._first[0] else 0.0
        self._last = json.dumps(_report(step, total, samples_per_second, speed, metrics)).encode()
        if self._teller is None:
            self._teller = threading.Thread(target=self._tell, name="lsml-report", daemon=True)
            self._teller.start()
            atexit.register(self.post)

    def _tell(self) -> None:
        while True:
            self.post()
            time.sleep(TELL_SECONDS)

    def post(self) -> None:
        """Tell it now, if the coordinator can be reached."""
        connection = HTTPConnection(self._address, timeout=TELL_SECONDS)  # past any proxy of the environment's
        try:
            connection.request("POST", self._path, self._last, self._headers)
            connection.getresponse().read()
        except (OSError, HTTPException):
            pass  # told again a second later
        finally:
            connection.close()


def client_from(environ: Mapping[str, str]) -> Client | None:
    """The client of the first process of a job's worker; None elsewhere."""
    address, worker = environ.get("LSML_REPORT_TO"), environ.get("LSML_WORKER")
    if not address or not worker or environ.get("LOCAL_RANK", "0") != "0":
        return None
    token = None
    with suppress(OSError, ValueError):  # the coordinator says no, which is no reason to end training
        token = token_of(environ)
    return Client(address, worker, token)


def _report(
    step: int, total: int | None, samples_per_second: float | None, speed: float, metrics: Mapping[str, float]
) -> dict[str, Any]:
    """As `lsml_trainer.spec.Report` reads it; `speed` is in steps a second."""
    left = max(0, total - step) / speed if total and speed > 0 else None
    progress = {
        "percent": min(100.0, max(0.0, 100.0 * step / total)) if total else 0.0,
        "step": max(0, step),
        "totalSteps": total,
        "samplesPerSecond": dict(_finite({"speed": samples_per_second})).get("speed"),
        "estimatedSecondsRemaining": left,
        "metrics": [{"name": name, "value": value} for name, value in list(_finite(metrics))[:MOST_METRICS]],
        "updatedAt": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    return {"stage": "Training", "progress": {name: value for name, value in progress.items() if value is not None}}


def _finite(metrics: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Those that are finite numbers and have a name that the wire takes; a tensor of one number is one, too."""
    for name, value in metrics.items():
        with suppress(TypeError, ValueError, RuntimeError, OverflowError):
            if NAME.fullmatch(name) and math.isfinite(float(value)):
                yield name, float(value)


_ours = client_from(os.environ)


def report(
    step: int,
    total_steps: int | None = None,
    loss: float | None = None,
    samples_per_second: float | None = None,
    **metrics: float,
) -> None:
    """Tell how far a program of one's own (`algorithm.container`) is; it is seen in the job's status.

    Steps that are done, and that there are in all; the last loss; rows read in a second by all workers together; any
    other numbers by name. Costs microseconds, never raises, and does nothing outside a job.
    """
    if _ours is not None:
        known = metrics if loss is None else {"loss": loss, **metrics}
        with suppress(TypeError, ValueError, OverflowError):  # what is no number of steps is no reason to end training
            _ours.put(int(step), int(total_steps) if total_steps else None, samples_per_second, known)
