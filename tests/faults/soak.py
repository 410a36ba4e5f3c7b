"""Random disturbances, the same for the same seed: `python tests/faults/soak.py [--schedules N] [--first SEED]`.

Every schedule trains one of the jobs with one to three workers and up to three faults, each of which must fire. It must
end with the bytes of the undisturbed run, and every row consumed exactly once. `--steady SECONDS --every 30` tells how
much of the throughput is kept with one kill each 30 s by two workers, or as many as `--workers` says.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from faults.disturbed import Disturbed, schedule
from faults.jobs import JOBS, environ_of, result, undisturbed
from faults.team import Team
from lsml_trainer.elastic.ledger_check import check
from lsml_trainer.elastic.ledger_files import read_accounts
from lsml_trainer.errors import NotExactlyOnce
from ports import free_port

UNDISTURBED_SECONDS = 60.0
ENDLESS = {
    "deepLearning": {
        "network": {"mlp": {"hidden": [512, 512]}},
        "optimizer": {"adam": {}},
        "epochs": 1_000_000,
        "batchSize": 256,
    }
}
"""Two workers are faster at it than one: that one is missing can be told."""
SECONDS = 240.0
"""For one schedule, on a machine that does other things too."""


class Outcome(NamedTuple):
    """How a schedule ended."""

    job: str
    faults: int
    problem: str | None


def outcome(seed: int, wanted: dict[str, dict[str, bytes]]) -> Outcome:
    """Of one schedule; `wanted` remembers the undisturbed results."""
    name = list(JOBS)[seed % len(JOBS)]
    job = JOBS[name]
    if name not in wanted:
        wanted[name] = undisturbed(job)
    faults = schedule(seed, job.steps)
    with tempfile.TemporaryDirectory(prefix="lsml-soak-") as text:
        folder = Path(text)
        environ = {**environ_of(job, folder), "LSML_COORDINATOR": f"127.0.0.1:{free_port()}"}
        with Disturbed(folder, environ, faults, workers=1 + seed // len(JOBS) % 3) as team:
            problem = _problem(team, wanted[name])
        return Outcome(name, len(faults), problem and f"{problem}: {faults}")


def _problem(team: Disturbed, wanted: dict[str, bytes]) -> str | None:
    """What went wrong."""
    try:
        if not team.done(SECONDS):
            return f"not done after {SECONDS:.0f} s"
        check(read_accounts(team.folder / "ledger"))
    except (AssertionError, NotExactlyOnce) as error:
        return str(error)
    if result(team.folder) != wanted:
        return "other weights or predictions"
    missing = set(team.faults) - set(team.fired)
    return f"did not fire: {missing}" if missing else None


def soak(seeds: range) -> Iterator[tuple[int, Outcome]]:
    """One schedule a seed."""
    wanted: dict[str, dict[str, bytes]] = {}
    for seed in seeds:
        yield seed, outcome(seed, wanted)


def steady(seconds: float, every: float, workers: int) -> float:
    """Steps a second with a kill each `every` seconds, over those without, before and after."""
    calm = (min(seconds, UNDISTURBED_SECONDS), float("inf"))
    before, disturbed, after = (_rate(*run, workers) for run in (calm, (seconds, every), calm))
    return 2 * disturbed / (before + after)


def _rate(seconds: float, every: float, workers: int) -> float:
    """Steps a second that count, by the ledger, whose proof is checked."""
    with tempfile.TemporaryDirectory(prefix="lsml-soak-") as folder, Team(Path(folder), ENDLESS, "digits") as team:
        names = [f"w{number}" for number in range(workers)]
        for name in names:
            team.join(name)
        team.until(lambda: all(team.step(name) > 0 for name in names), "all train")
        begin, started, next_kill = max(map(team.step, names)), time.monotonic(), time.monotonic() + every
        while time.monotonic() < started + seconds:
            if time.monotonic() > next_kill:
                next_kill += every
                victim = names.pop(0)
                team.workers[victim].kill()
                team.workers[victim].wait()
                names.append(f"w{len(team.workers)}")
                team.join(names[-1])
            time.sleep(0.1)
        took = time.monotonic() - started
        for name in names:
            team.workers[name].kill()
            team.workers[name].wait()
        return (check(read_accounts(team.ledger)).steps - begin) / took


def main() -> int:
    """Prints a line a schedule; 1 if one of them went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--steady", type=float)
    parser.add_argument("--every", type=float, default=30.0)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    if given.steady:
        print(f"{100 * steady(given.steady, given.every, given.workers):.1f} % of the steps were kept")
        return 0
    wrong = faults = 0
    for seed, ended in soak(range(given.first, given.first + given.schedules)):
        wrong, faults = wrong + (ended.problem is not None), faults + ended.faults
        print(f"{seed}: {ended.job}: {ended.faults} faults: {ended.problem or 'same bytes'}", flush=True)
    print(f"{given.schedules} schedules with {faults} faults, {wrong} went wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
