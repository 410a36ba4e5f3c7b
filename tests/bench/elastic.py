"""What elasticity costs, when nothing happens and when something does.

- A step of so many milliseconds and the sum of 1,000 numbers over two workers: ours, with quorums, commits and the
  fixed tree, against torch.distributed with gloo and the same all-gather.
- Two workers of one thread against one of two threads, on a generalised linear model.
- The steps that two workers keep of an undisturbed run, when one of them is killed with -9 each 30 s and replaced.

`--scale` is of the seconds here: 0.1 tries it out.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from bench.harness import Options, Row, quartiles, run
from faults.soak import steady
from faults.team import Team, free_port
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.elastic.team_session import TeamSession
from lsml_trainer.elastic.training import Journey, travel

NUMBERS = 1000
STEP_SECONDS, PAIR_SECONDS, STEADY_SECONDS, KILL_SECONDS = 4.0, 6.0, 90.0, 30.0
FORK = get_context("fork")
ROWS = {"kind": "classification", "rows": 200_000, "features": 50}
DESCENT = {"gradientDescent": {"loss": "log_loss", "iterations": 1_000_000_000}}
GOALS = {0.5: 1.10, 5.0: 1.03}


class Busy:
    """An algorithm whose step is to be busy for a while, and one sum."""

    def __init__(self, step_seconds: float, seconds: float) -> None:
        self.step_seconds, self.seconds = step_seconds, seconds
        self.part = {"sum": np.ones(NUMBERS)}

    def start(self, shards: Sequence[Any], team: Any) -> int:
        return 0

    def step(self, state: int, shards: Sequence[Any], team: Any) -> int:
        busy(self.step_seconds)
        team.total([self.part for _ in shards])
        return state + 1

    def is_done(self, state: int) -> bool:
        return state >= self.seconds / self.step_seconds

    def steps(self, state: int) -> tuple[int, int | None]:
        return state, None

    def epoch(self, state: int) -> None:
        return None

    def dump(self, state: int) -> Arrays:
        return {"step": np.array([float(state)])}

    def load(self, arrays: Arrays) -> int:
        return int(arrays["step"][0])

    def weights(self, state: int, shards: Sequence[Any], team: Any) -> Arrays:
        return {"none": np.zeros(1)}


def busy(seconds: float) -> None:
    """Work that takes the processor and is the same for both."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def ours(rank: int, port: int, step_seconds: float, seconds: float, tell: Callable[[float], None]) -> None:
    algorithm, marks = Busy(step_seconds, seconds), []
    journey = Journey(algorithm, lambda held: [None] * len(held), None)  # type: ignore[arg-type]  # a toy of its own
    session = TeamSession(f"127.0.0.1:{port}", "127.0.0.1", f"w{rank}", 2, journey, lambda: None)

    def arrived(member: Any) -> None:
        if member.size == 2:
            marks.append((time.perf_counter(), journey.standing().step))

    travel(journey, session, time.monotonic, arrived)
    session.close()
    half = marks[len(marks) // 2 :]
    tell((half[-1][0] - half[0][0]) / max(1, half[-1][1] - half[0][1]))


def plain(rank: int, port: int, step_seconds: float, seconds: float, tell: Callable[[float], None]) -> None:
    import torch  # noqa: PLC0415  (ours does without it)
    from torch import distributed  # noqa: PLC0415

    distributed.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
    mine, theirs = torch.ones(NUMBERS, dtype=torch.float64), [torch.empty(NUMBERS, dtype=torch.float64) for _ in "ab"]
    steps, started = int(seconds / step_seconds), 0.0
    for step in range(steps):
        if step == steps // 2:
            started = time.perf_counter()
        busy(step_seconds)
        distributed.all_gather(theirs, mine)
        theirs[0].add(theirs[1])
    tell((time.perf_counter() - started) / (steps - steps // 2))
    distributed.destroy_process_group()


def step_seconds_of(work: Callable[..., None], step_seconds: float, seconds: float) -> float:
    """What a step takes with two workers."""
    found, port = FORK.Queue(), free_port()
    processes = [
        FORK.Process(target=work, args=(rank, port, step_seconds, seconds, found.put), daemon=True) for rank in (0, 1)
    ]
    with tempfile.TemporaryDirectory() as folder:
        coordinator = Team(Path(folder), {}, "iris")
        coordinator._coordinator_port = port
        if work is ours:
            coordinator.start_coordinator()
        for process in processes:
            process.start()
        taken = [found.get(timeout=60 + 20 * seconds) for _ in processes]
        for process in processes:
            process.join()
        coordinator.__exit__()
    return max(taken)


def overhead(milliseconds: float, options: Options) -> Iterator[Row]:
    """Steps of ours and of plain gloo."""
    case, seconds = f"step of {milliseconds:g} ms", STEP_SECONDS * options.scale
    if not options.wants(case):
        return
    pairs = [
        tuple(step_seconds_of(work, milliseconds / 1e3, seconds) for work in (ours, plain))
        for _ in range(options.rounds)
    ]
    mine, theirs = (1e3 * statistics.median(column) for column in zip(*pairs, strict=True))
    goal = f"{GOALS[milliseconds]:g}"
    yield Row(case, f"{mine:.3f} ms", "gloo", f"{theirs:.3f} ms", _spread([a / b for a, b in pairs]), goal=goal)


def two_for_one(options: Options) -> Iterator[Row]:
    """The time of two workers over that of one with two threads."""
    case = "2 workers of 1 thread"
    if not options.wants(case):
        return
    pairs = [tuple(_seconds_of_a_step(workers, options) for workers in (2, 1)) for _ in range(options.rounds)]
    two, one = (1e3 * statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = _spread([a / b for a, b in pairs])
    yield Row(case, f"{two:.3g} ms", "1 worker of 2 threads", f"{one:.3g} ms", ratio, goal="1.1")


def _seconds_of_a_step(workers: int, options: Options) -> float:
    os.environ["OMP_NUM_THREADS"] = str(2 // workers)
    with tempfile.TemporaryDirectory() as folder, Team(Path(folder), DESCENT, ROWS, shards=2) as team:
        names = [f"w{number}" for number in range(workers)]
        for name in names:
            team.join(name)
        team.until(lambda: all(team.step(name) > 0 for name in names), "all train")
        time.sleep(1)
        before, started = team.step("w0"), time.monotonic()
        time.sleep(PAIR_SECONDS * options.scale)
        return (time.monotonic() - started) / max(1, team.step("w0") - before)


def kept(options: Options) -> Iterator[Row]:
    """The share of the steps that is kept with kills."""
    case = f"a worker killed each {KILL_SECONDS:g} s"
    if options.wants(case):
        share = steady(STEADY_SECONDS * options.scale, KILL_SECONDS * options.scale)
        yield Row(case, f"{100 * share:.1f} % of the steps kept", quality="95 % wanted")


def _spread(ratios: Sequence[float]) -> str:
    low, middle, high = quartiles(ratios)
    return f"{middle:.3f} ({low:.3f}..{high:.3f})"


def main(options: Options) -> Iterator[Row]:
    """The cases in turn."""
    for milliseconds in GOALS:
        yield from overhead(milliseconds, options)
    yield from two_for_one(options)
    yield from kept(options)


if __name__ == "__main__":
    run(__file__, main)
