"""What elasticity costs when nothing happens.

- A step of so many milliseconds and the sum of 1,000 numbers over two workers: ours, with quorums, commits and the
  fixed tree, against torch.distributed with gloo and the same all-gather.
- Two workers of one thread against one of two threads, on a generalised linear model.
- The steps of a worker that holds eight shards against those of one shard, in both ways of `reproducible`.

Contenders take turns, and a ratio is that of a turn; only the second half of a run counts. Work is measured out by the
thread's own processor time, so that the ratio of processor times says something on a machine with other work, too.
`--scale` is of the seconds here: 0.1 tries it out; at full size it takes less than 4 minutes. What is lost when workers
are, is in `recovery.py`.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from bench.harness import Options, Row, Work, compare, quartiles, run
from faults.team import Team
from lsml_trainer.algorithms import create
from lsml_trainer.algorithms.base import Shape
from lsml_trainer.data.shards import cut
from lsml_trainer.elastic.holding import merged
from lsml_trainer.elastic.team import Arrays, Solo
from lsml_trainer.elastic.team_session import TeamSession
from lsml_trainer.elastic.training import Journey
from lsml_trainer.elastic.travelling import travel
from lsml_trainer.spec import TrainingSpec, parse
from ports import free_port

T = TypeVar("T")

NUMBERS = 1000
STEP_SECONDS, PAIR_SECONDS = 3.0, 5.0
FORK = get_context("fork")
ROWS = {"kind": "classification", "rows": 200_000, "features": 50}
DESCENT = {"gradientDescent": {"loss": "log_loss", "iterations": 1_000_000_000}}
GOALS = {0.5: 1.10, 5.0: 1.03}
SHARDS, STEPS = 8, 50
NETWORK = {"network": {"mlp": {"hidden": [64]}}, "optimizer": {"adam": {}}, "epochs": 1_000_000, "batchSize": 64}
LEARNERS: dict[str, dict[str, Any]] = {
    "mlp": {"deepLearning": NETWORK},
    "torch module": {"deepLearning": {**NETWORK, "network": {"module": "training.algorithms.deep.networks:build"}}},
    "sgd": {"sgd": {"loss": "log_loss", "batchSize": 64, "epochs": 100}},
    "gradient descent": {"gradientDescent": {"loss": "log_loss", "iterations": 1_000_000}},
}
Spent = tuple[float, float]
"""Seconds of a step, by the wall's clock and by the processor's."""


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
    """Work that is the same for both, however often others have the processor meanwhile."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def ours(rank: int, port: int, step_seconds: float, seconds: float, tell: Callable[[Spent], None]) -> None:
    algorithm, marks = Busy(step_seconds, seconds), []
    journey = Journey(algorithm, lambda held: [None] * len(held), None)  # type: ignore[arg-type]  # a toy of its own
    session = TeamSession(f"127.0.0.1:{port}", "127.0.0.1", f"w{rank}", 2, journey, lambda: None)

    def arrived(member: Any) -> None:
        if member.size == 2:
            marks.append((time.perf_counter(), time.process_time(), journey.standing().step))

    travel(journey, session, time.monotonic, arrived)
    session.close()
    first, last = marks[len(marks) // 2], marks[-1]
    steps = max(1, last[2] - first[2])
    tell(((last[0] - first[0]) / steps, (last[1] - first[1]) / steps))


def plain(rank: int, port: int, step_seconds: float, seconds: float, tell: Callable[[Spent], None]) -> None:
    import torch  # noqa: PLC0415  (ours does without it)
    from torch import distributed  # noqa: PLC0415

    distributed.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
    mine, theirs = torch.ones(NUMBERS, dtype=torch.float64), [torch.empty(NUMBERS, dtype=torch.float64) for _ in "ab"]
    steps, wall, processor = int(seconds / step_seconds), 0.0, 0.0
    for step in range(steps):
        if step == steps // 2:
            wall, processor = time.perf_counter(), time.process_time()
        busy(step_seconds)
        distributed.all_gather(theirs, mine)
        theirs[0].add(theirs[1])
    counted = steps - steps // 2
    tell(((time.perf_counter() - wall) / counted, (time.process_time() - processor) / counted))
    distributed.destroy_process_group()


def spent_on_a_step(work: Callable[..., None], step_seconds: float, seconds: float) -> Spent:
    """With two workers: that of the one that takes longer."""
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
    pairs = in_pairs(ours, plain, lambda work: spent_on_a_step(work, milliseconds / 1e3, seconds), options.rounds)
    yield _row(case, "gloo", pairs, GOALS[milliseconds])


def two_for_one(options: Options) -> Iterator[Row]:
    """The time of two workers over that of one with two threads."""
    case = "2 workers of 1 thread"
    if options.wants(case):
        pairs = in_pairs(2, 1, lambda workers: _spent_by_a_team(workers, options), options.rounds)
        os.environ["OMP_NUM_THREADS"] = "1"
        yield _row(case, "1 worker of 2 threads", pairs, 1.1)


def in_pairs(ours: T, theirs: T, measure: Callable[[T], Spent], rounds: int) -> list[tuple[Spent, Spent]]:
    """Both in turns, each first in every other one."""
    pairs = []
    for turn in range(rounds):
        if turn % 2:
            other = measure(theirs)
            pairs.append((measure(ours), other))
        else:
            pairs.append((measure(ours), measure(theirs)))
    return pairs


def _row(case: str, rival: str, pairs: Sequence[tuple[Spent, Spent]], goal: float) -> Row:
    mine, theirs = (statistics.median(pair[side][0] for pair in pairs) for side in (0, 1))
    wall, processor = (_spread([one[clock] / other[clock] for one, other in pairs]) for clock in (0, 1))
    return Row(case, f"{1e3 * mine:.3f} ms", rival, f"{1e3 * theirs:.3f} ms", wall, processor, f"{goal:g}")


def _spent_by_a_team(workers: int, options: Options) -> Spent:
    """Two threads in all; the processor's time is that of all workers."""
    os.environ["OMP_NUM_THREADS"] = str(2 // workers)
    with tempfile.TemporaryDirectory() as folder, Team(Path(folder), DESCENT, ROWS, shards=2) as team:
        names = [f"w{number}" for number in range(workers)]
        for name in names:
            team.join(name)
        team.until(lambda: all(team.step(name) > 0 for name in names), "all train")
        time.sleep(1)
        (began, first), used = _next_step(team), _processor_seconds(team)
        time.sleep(PAIR_SECONDS * options.scale)
        (ended, last), used_later = _next_step(team), _processor_seconds(team)
        return (ended - began) / (last - first), (used_later - used) / (last - first)


def _next_step(team: Team) -> tuple[float, int]:
    """When the first worker tells of a step that is new, and which."""
    before = seen = team.step("w0")

    def is_new() -> bool:
        nonlocal seen
        seen = team.step("w0")
        return seen > before

    team.until(is_new, "it goes on")
    return time.monotonic(), seen


def _processor_seconds(team: Team) -> float:
    """Of all workers so far: user's and system's, of /proc/PID/stat."""
    stats = (Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2] for worker in team.workers.values())
    return sum(sum(map(int, stat.split()[11:13])) for stat in stats) / os.sysconf("SC_CLK_TCK")


def shard_by_shard(options: Options) -> Iterator[Row]:
    """Steps of a worker that holds all shards, in both ways, against those of one shard."""
    random = np.random.default_rng(0)
    x_ND, y_N = random.normal(size=(20_000, 50)).astype(np.float32), random.integers(0, 2, 20_000)
    for name, algorithm in LEARNERS.items():
        whole = _steps_of(algorithm, x_ND, y_N, 1)
        for reproducible in ("bitwise", "statistical"):
            mine = _steps_of(algorithm, x_ND, y_N, SHARDS, merges=reproducible == "statistical")
            yield from compare(f"{name}, {SHARDS} shards, {reproducible}", {"ours": mine, "1 shard": whole}, options)


def _steps_of(algorithm: dict[str, Any], x_ND: Any, y_N: Any, shards: int, *, merges: bool = False) -> Work:
    training = parse(TrainingSpec, {"algorithm": algorithm, "data": {"train": {"uri": "builtin://iris"}}})
    made = create(training, Shape(*x_ND.shape, 2, (0, 1)))
    each = cut(x_ND, y_N, shards)
    state = made.start(each, Solo())
    return partial(_some_steps, made, state, merged(range(shards), each) if merges else each)


def _some_steps(made: Any, state: Any, shards: Sequence[Any]) -> None:
    for _ in range(STEPS):
        state = made.step(state, shards, Solo())


def _spread(ratios: Sequence[float]) -> str:
    low, middle, high = quartiles(ratios)
    return f"{middle:.3f} ({low:.3f}..{high:.3f})"


def main(options: Options) -> Iterator[Row]:
    """The cases in turn."""
    for milliseconds in GOALS:
        yield from overhead(milliseconds, options)
    yield from two_for_one(options)
    yield from shard_by_shard(options)


if __name__ == "__main__":
    run(__file__, main)
