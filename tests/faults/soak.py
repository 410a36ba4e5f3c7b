"""Random disturbances, the same for the same seed: `python tests/faults/soak.py [--schedules N] [--first SEED]`.

Every schedule trains one of the jobs with one to three workers and up to three faults, each of which must fire. It must
end with the bytes of the undisturbed run, and every row consumed exactly once.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from faults.disturbed import Disturbed, schedule
from faults.jobs import JOBS, environ_of, result, undisturbed
from lsml_trainer.elastic.ledger_check import check
from lsml_trainer.elastic.ledger_files import read_accounts
from lsml_trainer.errors import NotExactlyOnce
from ports import free_port

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


def main() -> int:
    """Prints a line a schedule; 1 if one of them went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    wrong = faults = 0
    for seed, ended in soak(range(given.first, given.first + given.schedules)):
        wrong, faults = wrong + (ended.problem is not None), faults + ended.faults
        print(f"{seed}: {ended.job}: {ended.faults} faults: {ended.problem or 'same bytes'}", flush=True)
    print(f"{given.schedules} schedules with {faults} faults, {wrong} went wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
