"""What elasticity costs when nothing happens: `python tests/bench/elastic.py [--seconds S] [--rounds N]`.

1. A step of so many milliseconds and the sum of 1,000 numbers over two workers: ours, with quorums, commits and the
   fixed tree, against torch.distributed with gloo and the same all-gather. Wanted: 1.03 for 5 ms, 1.10 for 0.5 ms.
2. Two workers of one thread against one of two threads, gradient descent on a generalised linear model. Wanted: 1.1.

Wants a quiet machine; the contenders take turns, and the medians of the rounds are printed.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import numpy as np  # noqa: E402

from faults.team import Team, free_port  # noqa: E402
from lsml_trainer.elastic.team import Arrays  # noqa: E402
from lsml_trainer.elastic.team_session import TeamSession  # noqa: E402
from lsml_trainer.elastic.training import Journey, travel  # noqa: E402

NUMBERS = 1000
FORK = get_context("fork")


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


def overhead(milliseconds: float, seconds: float, rounds: int) -> None:
    """One line: ours / plain."""
    pairs = [
        (step_seconds_of(ours, milliseconds / 1e3, seconds), step_seconds_of(plain, milliseconds / 1e3, seconds))
        for _ in range(rounds)
    ]
    mine, theirs = (1e3 * statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(mine / theirs for mine, theirs in pairs)
    print(f"step of {milliseconds:g} ms: ours {mine:.3f} ms, gloo {theirs:.3f} ms, ratio {ratio:.3f}", flush=True)


def two_for_one(seconds: float, rounds: int) -> None:
    """One line: time of two workers / time of one worker with two threads."""
    rates: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(rounds):
        for workers in (1, 2):
            rates[workers].append(_steps_per_second(workers, seconds))
    ratio = statistics.median(one / two for one, two in zip(rates[1], rates[2], strict=True))
    print(f"2 workers / 1 worker with 2 threads: {ratio:.2f} of the time", flush=True)


def _steps_per_second(workers: int, seconds: float) -> float:
    descent = {"gradientDescent": {"loss": "log_loss", "iterations": 1_000_000_000}}
    os.environ["OMP_NUM_THREADS"] = str(2 // workers)
    with tempfile.TemporaryDirectory() as folder, Team(Path(folder), descent, "digits", shards=2) as team:
        names = [f"w{number}" for number in range(workers)]
        for name in names:
            team.join(name)
        team.until(lambda: all(team.step(name) > 0 for name in names), "all train")
        time.sleep(1)
        before, started = team.step("w0"), time.monotonic()
        time.sleep(seconds)
        return (team.step("w0") - before) / (time.monotonic() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    for milliseconds in (0.5, 5.0):
        overhead(milliseconds, given.seconds, given.rounds)
    two_for_one(given.seconds, given.rounds)


if __name__ == "__main__":
    main()
