"""Workers that disturb themselves: a fault is data, (what, phase, step), and fires in whichever worker is there first.

What a fault does is real: SIGKILL, SIGSTOP and SIGCONT, SIGTERM; a coordinator that is killed and started anew; one
more worker. Every fault of a schedule fires: some need a newcomer, and the team waits for one before it goes on.
"""

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any, Self

from faults.processes import end, forked
from lsml_trainer import worker
from lsml_trainer.commands.coordinator import coordinator
from lsml_trainer.elastic.checkpoint_keeper import CheckpointKeeper
from lsml_trainer.elastic.checkpoint_store import CheckpointStore
from lsml_trainer.elastic.group_team import GroupTeam
from lsml_trainer.elastic.quorum import Members, QuorumClient, Together
from lsml_trainer.elastic.team_session import TeamSession
from lsml_trainer.elastic.training import Journey
from lsml_trainer.predicting.in_job import JobPredictions

WHATS = ("kill", "stop", "leave", "join", "coordinator")
PHASES = ("joining", "healing", "block", "committing", "checkpointing", "saving", "evaluating", "predicting")
AT_THE_END = ("saving", "evaluating", "predicting")
OF_NEWCOMERS = ("joining", "healing")
"""Phases that there are when somebody comes to a team."""
STOPPED_SECONDS = 3.0
"""Longer than the patience of the others, who go on meanwhile."""
ABSENT_SECONDS = 1.0
"""What a pod takes to start: the next coordinator is there so much later."""
NEWCOMER_SECONDS = 2.0
"""What one has to come to the team before the next one is sent."""
STEP_SECONDS = 0.002
"""What an exchange takes at least, so that a small job lasts until those who join are there."""


@dataclass(frozen=True)
class Fault:
    """What happens to the first worker that comes to that phase at that step or later."""

    what: str
    phase: str
    step: int


def schedule(seed: int, steps: int, most: int = 3) -> tuple[Fault, ...]:
    """The same faults for the same seed."""
    dice = random.Random(seed)  # noqa: S311  not for secrets
    faults = []
    for _ in range(dice.randint(1, most)):
        what, step = dice.choice(WHATS), dice.randrange(1, max(2, steps * 3 // 4)) if steps > 1 else 0
        phase = dice.choice(PHASES) if what in ("kill", "stop") else "committing"
        # A checkpoint is not written after each block: the first one is sure.
        faults.append(Fault(what, phase, 0 if phase in (*AT_THE_END, "checkpointing") else step))
        if what in ("kill", "join") and phase == "committing" and dice.random() < 0.5:
            faults.append(Fault("kill", "healing", 0))
    return tuple(faults)


class Disturbed:
    """A job with its coordinator and workers, kept going as an operator would; everything ends with the block."""

    def __init__(self, folder: Path, environ: dict[str, str], faults: tuple[Fault, ...], workers: int) -> None:
        self.folder = folder
        self.faults = faults
        self._environ = environ
        self._names = iter(f"w{number}" for number in range(10_000))
        self._workers: dict[int, str] = {}
        self._stopped: dict[int, float] = {}
        self._coordinator = 0
        self._heard: set[int] = set()
        self._count = workers
        self._last_start = 0.0

    def __enter__(self) -> Self:
        self._coordinator = forked(self.folder / "coordinator.log", self._coordinate)
        for _ in range(self._count):
            self._start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for pid in (*self._workers, self._coordinator):
            end(pid)

    @property
    def fired(self) -> tuple[Fault, ...]:
        """The faults that happened."""
        return tuple(fault for number, fault in enumerate(self.faults) if self._claim(number).exists())

    @property
    def names(self) -> dict[int, str]:
        """Of the workers that are there, by their processes."""
        return dict(self._workers)

    def done(self, seconds: float) -> bool:
        """Until a worker is done; False if that takes longer. A worker that ends otherwise is replaced."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._react()
            self._relieve()
            if self._reap():
                return True
            time.sleep(0.01)
        return False

    def _react(self) -> None:
        """What others than the worker itself have to do about a fault."""
        for number, fault in enumerate(self.faults):
            if number in self._heard or not self._claim(number).exists():
                continue
            pid = int(self._claim(number).read_text() or 0)
            if not pid:
                continue
            self._heard.add(number)
            if fault.what == "stop":
                self._stopped[pid] = time.monotonic() + STOPPED_SECONDS
            elif fault.what == "join":
                self._start()
            elif fault.what == "coordinator":
                end(self._coordinator)
                self._coordinator = forked(self.folder / "coordinator.log", lambda: self._coordinate(ABSENT_SECONDS))
        for pid, until in list(self._stopped.items()):
            if time.monotonic() > until and pid in self._workers:
                os.kill(pid, signal.SIGCONT)
                del self._stopped[pid]

    def _relieve(self) -> None:
        """Brings a newcomer, where the team waits for one."""
        waits, is_coming = any(self.folder.glob("waits-*")), any(self.folder.glob("newcomer-*"))
        if waits and not is_coming and time.monotonic() > self._last_start + NEWCOMER_SECONDS:
            self._start()

    def _reap(self) -> bool:
        for pid in list(self._workers):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                name = self._workers.pop(pid)
                code = os.waitstatus_to_exitcode(status)
                if code == 0:
                    return True
                assert code in (-signal.SIGKILL, 143), f"{name} ended with {code}:\n{self._log(name)}"
                self._start()
        return False

    def _start(self) -> None:
        self._last_start, name = time.monotonic(), next(self._names)
        self._workers[forked(self.folder / f"{name}.log", lambda: self._work(name))] = name

    def _work(self, name: str) -> int:
        leave = Event()
        signal.signal(signal.SIGTERM, lambda *_: leave.set())
        _disturb(self.faults, self._claim, self.folder)
        return worker.run_worker({**self._environ, "LSML_WORKER": name}, leave, print)

    def _coordinate(self, absent_seconds: float = 0.0) -> int:
        time.sleep(absent_seconds)
        os.environ["LSML_COORDINATOR_PORT"] = self._environ["LSML_COORDINATOR"].rpartition(":")[2]
        os.environ.update(LSML_ADDRESS="127.0.0.1", LSML_PORT="0")
        coordinator()
        return 0

    def _claim(self, number: int) -> Path:
        return self.folder / f"fault-{number}"

    def _log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-2000:]


def _disturb(faults: tuple[Fault, ...], claim: Callable[[int], Path], folder: Path) -> None:
    """Puts the faults where this worker comes by; each fires once, in whoever is there first."""
    here: list[Journey] = []

    def come_by(phase: str) -> None:
        step = here[0].standing().step if here else 0  # whoever is healed is at none yet
        for number, fault in enumerate(faults):
            if fault.phase == phase and (step >= fault.step or phase == "healing") and _is_first(claim(number)):
                _suffer(fault)

    def passing(owner: Any, name: str, phase: str, pace: float = 0.0) -> None:
        inner = getattr(owner, name)

        def outer(*args: Any, **kwargs: Any) -> Any:
            time.sleep(pace)
            come_by(phase)
            return inner(*args, **kwargs)

        setattr(owner, name, outer)

    def with_a_newcomer(self: QuorumClient, step: int, failures: int, together: Together | None) -> Members:
        """A newcomer shows that it asks for a team; the others wait for it, where a fault needs one."""
        at = here[0].standing()
        mine = folder / f"{'waits' if at.phase else 'newcomer'}-{os.getpid()}"
        while at.phase and is_needed(at.step) and not any(folder.glob("newcomer-*")):
            mine.touch()
            time.sleep(0.01)
        if at.phase:
            mine.unlink(missing_ok=True)
        else:
            mine.touch()
        try:
            return ask(self, step, failures, together)
        finally:
            mine.unlink(missing_ok=True)

    def is_needed(step: int) -> bool:
        pending = [fault for number, fault in enumerate(faults) if not claim(number).exists()]
        return any(fault.phase in OF_NEWCOMERS and step >= fault.step for fault in pending)

    begin, ask = Journey.__init__, QuorumClient.ask

    def remembered(self: Journey, *args: Any, **kwargs: Any) -> None:
        begin(self, *args, **kwargs)
        here[:] = [self]

    Journey.__init__ = remembered  # type: ignore[method-assign]  # of this process only, which ends with the worker
    CheckpointKeeper.__init__ = _in_haste(CheckpointKeeper.__init__)  # type: ignore[method-assign]  # as above
    QuorumClient.ask = with_a_newcomer  # type: ignore[method-assign]  # as above
    passing(TeamSession, "_formed", "joining")
    passing(Journey, "take", "healing")
    passing(GroupTeam, "total", "block", STEP_SECONDS)
    passing(GroupTeam, "gather", "block")
    passing(TeamSession, "commit", "committing")
    passing(CheckpointStore, "write", "checkpointing")
    passing(worker, "save_model", "saving")
    passing(worker, "evaluate", "evaluating")
    passing(JobPredictions, "predict", "predicting")


def _in_haste(begin: Callable[..., None]) -> Callable[..., None]:
    """A keeper that writes after each block, if it can."""

    def began(self: CheckpointKeeper, *args: Any, **kwargs: Any) -> None:
        begin(self, *args, **kwargs)
        self._every_seconds, self._due = 0.0, 0.0

    return began


def _is_first(claim: Path) -> bool:
    try:
        with claim.open("x") as file:
            file.write(str(os.getpid()))
    except FileExistsError:
        return False
    return True


def _suffer(fault: Fault) -> None:
    signals = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP, "leave": signal.SIGTERM}
    if fault.what in signals:
        os.kill(os.getpid(), signals[fault.what])
