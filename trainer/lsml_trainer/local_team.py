"""`lsml run --workers N`: a coordinator and N worker processes on this machine, kept going as the operator keeps pods.

A worker that is killed is replaced, and the others do not wait for it. Knows processes; must not know mathematics.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from pydantic import ValidationError

from lsml_trainer.algorithms.base import Diverged
from lsml_trainer.errors import TeamFailed
from lsml_trainer.interrupts import left_sentence
from lsml_trainer.reporting import Listener
from lsml_trainer.spec import Ending, Exit, InvalidSpec, Progress, Report, TrainingSpec

MOST_CRASHES = 6  # backoffLimit's default
LOOK_SECONDS = 0.25
GRACE_SECONDS = 15.0
"""What the others have for their own end once one of them is done."""


@dataclass
class Worker:
    """A worker process, and where to ask it."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    ending_path: Path

    def report(self) -> Report | None:
        """How far it is; None if it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/progress", timeout=1) as answer:
                return Report.model_validate_json(answer.read())
        except (OSError, HTTPException, ValidationError):  # HTTPException: it ended in the midst of its answer
            return None

    def ending(self) -> Ending | None:
        """Its last words; None if it could not say any."""
        try:
            return Ending.model_validate_json(self.ending_path.read_bytes())
        except ValidationError:
            return None


def train_in_processes(
    training: TrainingSpec,
    output: str | Path | None,
    least: int,
    workers: int,
    shards: int,
    listen: Listener,
    say: Callable[[str], None],
) -> Report:
    """The last report of a team that is done.

    Raises InvalidSpec or Diverged with the worker's sentence, TeamFailed after too many crashes, KeyboardInterrupt with
    a sentence where a checkpoint was left.
    """
    if output is not None:
        where = output if isinstance(output, str) else f"file://{output.absolute()}"
        training = training.model_copy(update={"output": where})
    with tempfile.TemporaryDirectory(prefix="lsml-") as folder, ExitStack() as processes:
        address = f"127.0.0.1:{_free_port()}"
        coordinator = Coordinator(processes, address, least, say)

        def start(name: str) -> Worker:
            return _start(processes, Path(folder), name, training, address, workers, shards)

        team = [start(f"w{index}-0") for index in range(workers)]
        try:
            return _supervise(team, coordinator, start, listen, say)
        except KeyboardInterrupt:
            if training.checkpoint is None:
                raise
            raise KeyboardInterrupt(left_sentence(_last_left(team))) from None


def _last_left(team: list[Worker]) -> Report:
    """Asks all to leave; the report of the one that left the furthest checkpoint."""
    for worker in team:
        worker.process.terminate()
    _wait(team)
    reports = [ending.report for worker in team if (ending := worker.ending()) and ending.report]
    kept = {report.checkpoint.step or 0: report for report in reports if report.checkpoint}
    return kept[max(kept)] if kept else Report(stage="Starting", progress=Progress(updated_at=""))


class Coordinator:
    """The coordinator's process, and the next one: a team goes on without it, but whoever comes waits for one."""

    def __init__(self, processes: ExitStack, address: str, least: int, say: Callable[[str], None]) -> None:
        self._processes, self._say, self._ends = processes, say, 0
        self._environ = {
            "LSML_COORDINATOR_PORT": address.rpartition(":")[2],
            "LSML_MIN_WORKERS": str(least),
            "LSML_ADDRESS": "127.0.0.1",
            "LSML_PORT": "0",
        }
        self._process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        return self._processes.enter_context(_running("coordinator", **self._environ))

    def keep(self) -> None:
        """Starts it anew where it has ended; raises TeamFailed where that is of no use."""
        code = self._process.poll()
        if code is None:
            return
        self._ends += 1
        if self._ends > MOST_CRASHES:
            raise TeamFailed(f"the coordinator has ended {self._ends} times, {MOST_CRASHES} allowed: {_named(code)}")
        self._say(f"the coordinator is replaced: it ended with {_named(code)}")
        self._process = self._started()


def _supervise(
    team: list[Worker],
    coordinator: Coordinator,
    start: Callable[[str], Worker],
    listen: Listener,
    say: Callable[[str], None],
) -> Report:
    crashes = 0
    while True:
        time.sleep(LOOK_SECONDS)
        coordinator.keep()
        for index, worker in enumerate(team):
            code = worker.process.poll()
            if code is None:
                continue
            ending = worker.ending()
            if code == Exit.DONE and ending is not None and ending.report is not None:
                return _all_done(team, ending.report)
            _stop_if_hopeless(code, ending)
            crashes += code != Exit.ASKED_TO_LEAVE
            words = ending.message if ending else f"ended with {_named(code)}"
            if crashes > MOST_CRASHES:
                raise TeamFailed(f"{crashes} crashes, {MOST_CRASHES} allowed; worker {worker.name}: {words}")
            place, _, attempt = worker.name.partition("-")
            say(f"worker {worker.name} is replaced: {words}")
            team[index] = start(f"{place}-{int(attempt) + 1}")
        reports = [report for worker in team if (report := worker.report())]
        if reports:
            listen(max(reports, key=lambda report: report.progress.step))


def _stop_if_hopeless(code: int, ending: Ending | None) -> None:
    if ending is not None and code == Exit.INVALID:
        raise InvalidSpec(ending.message)
    if ending is not None and code == Exit.DIVERGED:
        raise Diverged(ending.message)


def _all_done(team: list[Worker], report: Report) -> Report:
    """The others have the same model, and end within their grace."""
    _wait(team)
    return report


def _wait(team: list[Worker]) -> None:
    end = time.monotonic() + GRACE_SECONDS
    for worker in team:
        try:
            worker.process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            worker.process.terminate()


def _start(
    processes: ExitStack,
    folder: Path,
    name: str,
    training: TrainingSpec,
    coordinator: str,
    workers: int,
    shards: int,
) -> Worker:
    ending_path, port = folder / name, _free_port()
    ending_path.touch()
    threads = os.environ.get("OMP_NUM_THREADS") or max(1, (os.cpu_count() or 1) // workers)
    environ = {
        "LSML_SPEC": training.model_dump_json(by_alias=True, exclude_unset=True),
        "LSML_COORDINATOR": coordinator,
        "LSML_WORKER": name,
        "LSML_SHARDS": str(shards),
        "LSML_ADDRESS": "127.0.0.1",
        "LSML_PORT": str(port),
        "LSML_TERMINATION_LOG": str(ending_path),
        "OMP_NUM_THREADS": str(threads),
    }
    return Worker(name, processes.enter_context(_running("worker", **environ)), port, ending_path)


@contextmanager
def _running(command: str, **environ: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours that ends with the block; what it prints is not for people, its last words are."""
    process = subprocess.Popen(  # noqa: S603  our own program
        [sys.executable, "-m", "lsml_trainer", command],
        env={**os.environ, **environ},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is ours to answer
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _named(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
