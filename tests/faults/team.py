"""A team of real worker processes on this machine, and the means to disturb it. Ends only what it started, by id."""

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.request import Request, urlopen

from lsml_trainer.job_token import shown
from lsml_trainer.spec import Report
from ports import free_port

WAIT_SECONDS = 300.0
"""Far more than anything should take, on a machine that runs other tests as well."""


def report_at(port: int, token: str | None = None) -> Report | None:
    """What a worker or a coordinator of this machine says there; None if it does not answer."""
    request = Request(f"http://127.0.0.1:{port}/progress", headers=shown(token))
    try:
        with urlopen(request, timeout=2) as answer:  # noqa: S310  (our own port)
            return Report.model_validate_json(answer.read())
    except (OSError, HTTPException):  # HTTPException: it ended in the midst of its answer
        return None


class Team:
    """A coordinator and workers of one job, with its token; everything ends with the block."""

    def __init__(
        self,
        folder: Path,
        algorithm: dict[str, Any],
        data: str | dict[str, Any],
        shards: int = 8,
        checkpoint: Path | None = None,
    ) -> None:
        """`data` is a data set's name, or how to make one."""
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.model = folder / "model"
        self.ledger = folder / "ledger"
        train = {"uri": f"builtin://{data}"} if isinstance(data, str) else {"synthetic": data}
        test = {"fraction": 0.2, "seed": 42}
        self.spec: dict[str, Any] = {
            "algorithm": algorithm,
            "data": {"train": train, "test": test, "standardize": True},
            "output": f"file://{self.model}",
            "ledger": f"file://{self.ledger}",
        }
        if checkpoint is not None:
            self.spec["checkpoint"] = {"uri": f"file://{checkpoint}", "everySeconds": 1}
        self._shards = shards
        self._token = self._token_in("token")
        self._strangers: dict[str, str] = {}
        """Their tokens, which are not the job's."""
        self._coordinator_port = free_port()
        self._reports_port = free_port()
        self._coordinator: subprocess.Popen[bytes] | None = None
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self._ports: dict[str, int] = {}

    def __enter__(self) -> Self:
        self.start_coordinator()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for process in (*self.workers.values(), self._coordinator):
            if process is not None:
                process.kill()
                process.wait()

    def _token_in(self, file: str) -> str:
        """A new one, which that file of the folder has."""
        token = secrets.token_hex(32)
        (self.folder / file).write_text(token)
        return token

    def _start(self, name: str, command: str, **environ: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "lsml_trainer", command],
                env={"OMP_NUM_THREADS": "1", **os.environ, "LSML_TOKEN_FILE": f"{self.folder}/token", **environ},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def start_coordinator(self) -> None:
        ports = {"LSML_COORDINATOR_PORT": str(self._coordinator_port), "LSML_PORT": str(self._reports_port)}
        self._coordinator = self._start("coordinator", "coordinator", **ports)

    def send_coordinator(self, number: signal.Signals) -> None:
        """A signal to the coordinator, which runs."""
        assert self._coordinator is not None
        assert self._coordinator.poll() is None
        self._coordinator.send_signal(number)

    def kill_coordinator(self) -> None:
        self.send_coordinator(signal.SIGKILL)
        assert self._coordinator is not None
        self._coordinator.wait()

    @property
    def coordinator(self) -> tuple[str, int]:
        """Where it listens."""
        return "127.0.0.1", self._coordinator_port

    def put_together(self) -> tuple[int, set[str]]:
        """The number of the team that the coordinator has put together last, and who is in it, as its page says."""
        with urlopen(f"http://127.0.0.1:{self._coordinator_port}/status", timeout=60) as answer:
            page = answer.read().decode()
        return int(re.findall(r"Previous quorum id: (\d+)", page)[0]), set(re.findall(r"<b>(\w+)@", page))

    def join_as_a_stranger(self, name: str) -> None:
        """A worker of another job, which comes to this one's coordinator."""
        self._strangers[name] = self._token_in(f"token-of-{name}")
        self.join(name, LSML_TOKEN_FILE=f"{self.folder}/token-of-{name}")

    def join(self, name: str, coordinator_port: int | None = None, **environ: str) -> None:
        """One more worker; `coordinator_port` where something is between it and the coordinator."""
        self._ports[name] = free_port()
        self.workers[name] = self._start(
            name,
            "worker",
            LSML_SPEC=json.dumps(self.spec),
            LSML_COORDINATOR=f"127.0.0.1:{coordinator_port or self._coordinator_port}",
            LSML_REPORT_TO=f"127.0.0.1:{self._reports_port}",
            LSML_WORKER=name,
            LSML_SHARDS=str(self._shards),
            LSML_ADDRESS="127.0.0.1",
            LSML_PORT=str(self._ports[name]),
            **environ,
        )

    def send(self, name: str, number: signal.Signals) -> None:
        """A signal to a worker that runs."""
        assert self.workers[name].poll() is None, f"{name} had ended before it could be disturbed"
        self.workers[name].send_signal(number)

    def step(self, name: str) -> int:
        """How many steps a worker has committed; 0 before it answers."""
        report = report_at(self._ports[name], self._strangers.get(name, self._token))
        return report.progress.step if report else 0

    def report(self) -> Report | None:
        """What the coordinator says of the team, as the operator hears it; None before it was told anything."""
        return report_at(self._reports_port, self._token)

    def goes_on(self, name: str, step: int) -> bool:
        """Whether a worker is past a step, or done."""
        return self.workers[name].poll() == 0 or self.step(name) > step

    def until(self, holds: Callable[[], Any], what: str) -> None:
        """Wait; fails with the ends of the logs."""
        end = time.monotonic() + WAIT_SECONDS
        while not holds():
            if time.monotonic() > end:
                raise AssertionError(f"{what}: not within {WAIT_SECONDS:.0f} s\n{self._logs()}")
            time.sleep(0.05)

    def weights(self) -> bytes:
        """The saved weights, once a worker is done."""
        self.until(lambda: any(worker.poll() == 0 for worker in self.workers.values()), "nobody is done")
        return next(self.model.rglob("weights.safetensors")).read_bytes()

    def _logs(self) -> str:
        return "\n".join(
            f"== {log.name}\n{log.read_text(errors='replace')[-800:]}" for log in self.folder.glob("*.log")
        )
