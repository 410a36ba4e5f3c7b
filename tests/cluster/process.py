"""The operator as it runs in production: a process of its own, that tests may kill."""

import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cluster.waiting import until
from ports import free_port

IMAGE = "lsml/trainer:test"
START_SECONDS = 300.0
STOP_SECONDS = 60.0


class OperatorProcess:
    """`python -m lsml_operator`, started and ended at will; its log outlives it."""

    MODULE = "lsml_operator"

    def __init__(self, kubeconfig: Path, log: Path, **settings: str) -> None:
        self._kubeconfig = kubeconfig
        self._settings = settings
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    def start(self) -> None:
        """It runs and has seen the cluster; nothing is done if it already runs."""
        if self.running:
            return
        self._port = free_port()
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.MODULE],
                env=self._environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        until("the operator is ready", self._ready, self.last_words, START_SECONDS)

    def kill(self) -> None:
        """It is gone at once, as after kill -9 or a power cut."""
        self._end(signal.SIGKILL)

    def stop(self) -> int | None:
        """It was asked to end, and did; its exit status, None if it did not run."""
        return self._end(signal.SIGTERM)

    def restart(self) -> None:
        """Killed, and started anew."""
        self.kill()
        self.start()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._port}"

    @contextmanager
    def asleep(self) -> Iterator[None]:
        """It sees and does nothing for a while, and does not know that it slept."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    @contextmanager
    def kept_running(self) -> Iterator[None]:
        """As in a cluster: whenever it ends by itself, it is started again."""
        over = threading.Event()

        def keep() -> None:
            while not over.wait(0.5):
                self.start()

        keeper = threading.Thread(target=keep, daemon=True)
        keeper.start()
        try:
            yield
        finally:
            over.set()
            keeper.join()

    def leads(self) -> bool:
        """Whether it says that it is the one that writes."""
        return self.metric("lsml_leading") == 1

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels; 0 where it has no value."""
        samples = re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", self._ask("metrics") or "", re.MULTILINE)
        return sum(map(float, samples))

    def logged_bytes(self) -> int:
        """How long the log is."""
        return self._log.stat().st_size if self._log.exists() else 0

    def log_from(self, start_bytes: int) -> str:
        """The log after that many bytes."""
        return self._log.read_bytes()[start_bytes:].decode(errors="replace") if self._log.exists() else ""

    def last_words(self) -> str:
        """The end of the log."""
        return self.log_from(max(0, self.logged_bytes() - 4000))

    def _ready(self) -> bool:
        assert self.running, f"the operator ended while it started:\n{self.last_words()}"
        return self._ask("readyz") is not None

    def _ask(self, path: str) -> str | None:
        """What it answers; None if it does not, or says no."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/{path}", timeout=2) as answer:
                text: str = answer.read().decode()
                return text
        except (OSError, urllib.error.URLError):
            return None

    def _end(self, number: signal.Signals) -> int | None:
        process = self._process
        if process is None:
            return None
        process.send_signal(number)
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(
                f"the operator did not end within {STOP_SECONDS:.0f} s of {number.name}\n{self.last_words()}"
            ) from None

    def _environment(self) -> dict[str, str]:
        own = {
            "KUBECONFIG": str(self._kubeconfig),
            "LSML_TRAINER_IMAGE": IMAGE,
            "LSML_HTTP_PORT": str(self._port),
            # Marked as the local cluster's, so that taking it down also ends what a killed test run has left.
            "LSML_LOCALCLUSTER": str(self._kubeconfig.parent),
        }
        return {"PATH": os.environ.get("PATH", ""), "HOME": os.environ.get("HOME", "/"), **own, **self._settings}


class DashboardProcess(OperatorProcess):
    """`python -m lsml_operator.dashboard`."""

    MODULE = "lsml_operator.dashboard"
