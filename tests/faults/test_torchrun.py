"""An unchanged torchrun program is elastic beside our coordinator, by nothing but the variables of its pods."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from faults.team import report_at
from lsml_operator.api.status import Status
from lsml_operator.api.training_job import TrainingJobSpec
from lsml_operator.desired.program import torchrun_environment
from lsml_operator.world import Job, JobKey
from lsml_trainer.spec import Report, parse
from ports import free_port

PROGRAM = Path(__file__).parent / "torchrun_program.py"
SPEC = {"algorithm": {"container": {"image": "theirs:1"}}, "workers": {"replicas": 2, "min": 1, "max": 3}}
WAIT_SECONDS = 300
STEPS = 1200  # five minutes, unless it is in a hurry


class Torchrun:
    """A coordinator with a store, and the workers of one job."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.state = folder / "state.json"
        self._folder, self._stack = folder, stack
        self._store, self._reports = free_port(), free_port()
        ports = {"LSML_COORDINATOR_PORT": str(self._store), "LSML_PORT": str(self._reports)}
        self._start("coordinator", [sys.executable, "-m", "lsml_trainer", "coordinator", "--store"], ports)

    def join(self, name: str) -> subprocess.Popen[bytes]:
        """A worker, as its pod would start it."""
        job = Job(JobKey("team", "theirs", "uid-1"), 1, "1", SPEC, parse(TrainingJobSpec, SPEC), None, Status(), False)
        asked = torchrun_environment(job, name, "127.0.0.1")
        told = {one["name"]: one.get("value", "127.0.0.1") for one in asked}  # the one without is the pod's address
        told |= {"PET_RDZV_ENDPOINT": f"127.0.0.1:{self._store}", "LSML_REPORT_TO": f"127.0.0.1:{self._reports}"}
        torchrun = [sys.executable, "-m", "torch.distributed.run", str(PROGRAM), str(STEPS)]
        return self._start(name, torchrun, {**told, "STATE": str(self.state)})

    def _start(self, name: str, command: list[str], environ: dict[str, str]) -> subprocess.Popen[bytes]:
        with (self._folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                env={**os.environ, "OMP_NUM_THREADS": "1", **environ},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._stack.callback(end, process)
        return process

    def until_together(self, number: int) -> Report:
        """Until so many processes are seen to train together; each tells for itself."""
        give_up = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < give_up:
            report = report_at(self._reports)
            sizes = [m.value for m in report.progress.metrics if m.name == "world_size"] if report else []
            if report and sizes == [number] and len(report.team) >= number:
                return report
            time.sleep(0.05)
        raise AssertionError(f"not {number} together: {report_at(self._reports)}\n{self.logs()}")

    def logs(self) -> str:
        return "\n".join(f"{path.name}:\n{path.read_text()[-2000:]}" for path in sorted(self._folder.glob("*.log")))


def end(process: subprocess.Popen[bytes]) -> None:
    """kill -9 of all processes of a pod: torchrun gives each of its processes a session of its own."""
    for pid in [process.pid, *descendants(process.pid)]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


def descendants(pid: int) -> list[int]:
    """Of a process that this one started."""
    try:
        children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return [one for child in children for one in (child, *descendants(child))]


@contextmanager
def a_job(folder: Path) -> Iterator[Torchrun]:
    with ExitStack() as stack:
        yield Torchrun(folder, stack)


def test_one_of_two_is_killed_and_another_comes(tmp_path: Path) -> None:
    with a_job(tmp_path) as job:
        first, second = job.join("w0-0"), job.join("w1-0")
        before = job.until_together(2)
        assert [mate.name for mate in before.team] == ["w0-0", "w1-0"]
        end(second)
        alone = job.until_together(1)
        third = job.join("w1-1")
        again = job.until_together(2)
        assert 0 < before.progress.step < alone.progress.step < again.progress.step < STEPS
        assert again.progress.total_steps == STEPS
        job.state.with_name("hurry").touch()
        assert (first.wait(WAIT_SECONDS), third.wait(WAIT_SECONDS)) == (0, 0), job.logs()
        assert job.state.read_text().startswith(f"[{STEPS}, ")
