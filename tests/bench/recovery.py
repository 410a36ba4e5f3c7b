"""How long training stands still when a worker comes or goes: ours beside torchrun, as processes of this machine.

Two workers train; then one of these happens, and what is told is the longest time between two steps of a survivor
around it (with ours, between two committed blocks of about 0.1 s):

    killed   a worker's process gets SIGKILL; torchrun's agent, which lives on, starts all workers anew
    lost     the worker and all that belongs to it, as a node that dies; of torchrun the agent as well
    joined   a third worker comes

Then the throughput that a team keeps when one of it is killed with -9 each 30 s and replaced, for 10 minutes: of its
own in the second halves of those times, and of that of another team that nobody disturbs, a minute before and after.
`--scale 0.1` makes a minute of it. Two workers on two cores have half of them while one is missing; four have as many
on each core as the 32 replicas on 16 cores of which 97.7 % are published.
"""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from bench.harness import Options, Row, run
from faults.steady import steady
from faults.team import Team
from ports import free_port

NETWORK = {"network": {"mlp": {"hidden": [64]}}, "optimizer": {"adam": {}}, "epochs": 1_000_000, "batchSize": 64}
LOOK_SECONDS = 0.002
CALM_SECONDS, LIMIT_SECONDS = 3.0, 180.0
GOAL = "0.1"
STEADY_SECONDS, KILL_SECONDS = 600.0, 30.0
TORCHRUN = Path(sys.executable).with_name("torchrun")
STEPS = Path(__file__).with_name("torchrun_steps.py")
Count = Callable[[], int]


class NotOver(Exception):
    """They still do not train together."""


def gap(count: Count, happens: Callable[[], object], is_over: Callable[[], bool]) -> float:
    """The longest time in which `count` did not grow, from the event until `is_over` and CALM_SECONDS more.

    Raises NotOver after LIMIT_SECONDS.
    """
    seen, since, longest = count(), time.monotonic(), 0.0
    happens()
    end, over = time.monotonic() + LIMIT_SECONDS, None
    while over is None or time.monotonic() < over + CALM_SECONDS:
        now, there = time.monotonic(), count()
        longest = max(longest, now - since)
        if there > seen:
            seen, since = there, now
        if over is None and is_over():
            over = now
        if now > end:
            raise NotOver(f"not over after {LIMIT_SECONDS:.0f} s")
        time.sleep(LOOK_SECONDS)
    return longest


class Ours:
    """A team of two, told by the ledger of the first one."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._team = stack.enter_context(Team(folder, {"deepLearning": NETWORK}, "digits"))
        for name in ("w0", "w1"):
            self._team.join(name)
        self._team.until(lambda: all(self._team.step(name) > 0 for name in ("w0", "w1")), "both train")
        time.sleep(CALM_SECONDS)
        self._teams = self._lines(b'"generation"')

    def _lines(self, what: bytes) -> int:
        return next(self._team.ledger.glob("w0-*")).read_bytes().count(what)

    def blocks(self) -> int:
        """That the survivor has committed."""
        return self._lines(b'"committed"')

    def is_changed(self) -> bool:
        """Whether it is in another team."""
        return self._lines(b'"generation"') > self._teams

    def lose(self) -> None:
        """A worker; it has nothing beside its process."""
        self._team.send("w1", signal.SIGKILL)

    killed = lost = lose

    def joined(self) -> None:
        """A third worker."""
        self._team.join("w2")


class Torchrun:
    """Two agents with a worker each, or, where a worker is to be killed alone, an agent with two."""

    def __init__(self, folder: Path, stack: ExitStack, event: str) -> None:
        self._folder, self._stack, self._port = folder, stack, free_port()
        self._agents: list[subprocess.Popen[bytes]] = []
        agents = 1 if event == "killed" else 2
        for _ in range(agents):
            self._start(workers=2 // agents)
        end = time.monotonic() + 120
        while self._world() != "2":
            assert time.monotonic() < end, (folder / "log").read_text()[-2000:]
            time.sleep(0.1)
        time.sleep(CALM_SECONDS)

    def _start(self, workers: int) -> None:
        command: list[Any] = [TORCHRUN, "--nnodes=1:3", f"--nproc-per-node={workers}", "--max-restarts=100"]
        command += ["--rdzv-backend=c10d", f"--rdzv-endpoint=127.0.0.1:{self._port}", "--rdzv-id=bench"]
        command += [STEPS, self._folder, f"w{len(self._agents)}"]
        # The store that agents share by default is announced in the first round only: whoever comes later waits for its
        # address for a minute, and then all of them end (torch 2.13).
        environ = {**os.environ, "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}
        with (self._folder / "log").open("ab") as log:
            agent = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, env=environ)
        self._agents.append(agent)
        self._stack.callback(_end_group, agent)

    def _last(self) -> list[str]:
        steps = self._folder / "w0.steps"
        lines = steps.read_text().splitlines() if steps.exists() else []
        return lines[-1].split() if lines else ["0", "0", "0", "0"]

    def _world(self) -> str:
        return self._last()[2]

    def steps(self) -> int:
        """Lines, also of steps that are done again."""
        return (self._folder / "w0.steps").read_bytes().count(b"\n")

    def killed(self) -> None:
        """One of the workers of an agent."""
        self._pid = self._last()[3]
        os.kill(int(self._pid), signal.SIGKILL)

    def lost(self) -> None:
        """The second agent, and its worker."""
        self._pid = self._last()[3]
        _end_group(self._agents[1])

    def joined(self) -> None:
        """A third agent."""
        self._pid = self._last()[3]
        self._start(workers=1)

    def is_changed(self) -> bool:
        """Whether the survivor's worker is another process, as after each change."""
        return self._last()[3] != self._pid


def _end_group(agent: subprocess.Popen[bytes]) -> None:
    """The agent, and its workers, which have sessions of their own."""
    children = Path(f"/proc/{agent.pid}/task/{agent.pid}/children")
    pids = [*map(int, children.read_text().split()), agent.pid] if agent.poll() is None else []
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    agent.wait()


def seconds_of_ours(event: str) -> float:
    """Once."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        team = Ours(Path(folder), stack)
        return gap(team.blocks, getattr(team, event), team.is_changed)


def seconds_of_torchrun(event: str) -> float:
    """Once."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        team = Torchrun(Path(folder), stack, event)
        return gap(team.steps, getattr(team, event), team.is_changed)


def main(options: Options) -> Iterator[Row]:
    """A row for each event, and one for many of them."""
    for event in ("killed", "lost", "joined"):
        if not options.wants(event):
            continue
        mine = [seconds_of_ours(event) for _ in range(options.rounds)]
        middle, worst = statistics.median(mine), f"worst {max(mine):.2f} s of {len(mine)}"
        try:
            theirs = seconds_of_torchrun(event)  # once: it takes a minute
            told, ratio = f"{theirs:.2f} s", f"{middle / theirs:.3f}"
        except NotOver:
            told, ratio = f"over {LIMIT_SECONDS:.0f} s", f"under {middle / LIMIT_SECONDS:.3f}"
        yield Row(event, f"{middle:.2f} s", "torchrun", told, ratio, "", GOAL, worst)
    for workers in (2, 4):
        case = f"one of {workers} killed each {KILL_SECONDS:g} s"
        if options.wants(case):
            kept = steady(STEADY_SECONDS * options.scale, KILL_SECONDS, workers)
            other = f"95 % wanted; {kept.of_another:.1%} of that of another team, before and after"
            yield Row(case, f"{kept.of_its_own:.1%} of the throughput kept", quality=other)


if __name__ == "__main__":
    run(__file__, main)
