"""Random disturbances, the same for the same seed: `python tests/faults/soak.py [--schedules N] [--first SEED]`.

Every schedule trains one of the jobs with one to three workers and up to three faults, and must end with the bytes of
the undisturbed run. `--steady SECONDS --every 30` tells how much of the throughput is kept with one kill each 30 s.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from faults.disturbed import Disturbed, schedule
from faults.team import Team, free_port
from lsml_trainer import worker
from lsml_trainer.elastic.ledger_check import check
from lsml_trainer.elastic.ledger_files import read_accounts
from lsml_trainer.errors import NotExactlyOnce

SHARDS = "4"
SECONDS = 240.0
"""For one schedule, on a machine that does other things too."""


class Job(NamedTuple):
    """What is trained, and about how many steps that takes."""

    algorithm: dict[str, Any]
    data: str
    steps: int


JOBS: dict[str, Job] = {
    "gradientDescent": Job({"gradientDescent": {"loss": "log_loss", "iterations": 150}}, "wine", 150),
    "gradientDescent, squared error": Job({"gradientDescent": {"loss": "mse", "iterations": 200}}, "diabetes", 2),
    "sgd": Job({"sgd": {"loss": "hinge", "epochs": 20, "batchSize": 32}}, "wine", 100),
    "svm, linear": Job({"svm": {"kernel": "linear"}}, "breast_cancer", 3),
    "svm, rbf": Job({"svm": {"kernel": "rbf", "C": 4.0}}, "breast_cancer", 3),
    "deepLearning": Job(
        {
            "deepLearning": {
                "network": {"mlp": {"hidden": [8], "dropout": 0.1}},
                "optimizer": {"adam": {}},
                "epochs": 30,
                "batchSize": 32,
            }
        },
        "wine",
        150,
    ),
}


class Outcome(NamedTuple):
    """How a schedule ended."""

    job: str
    planned: int
    fired: int
    problem: str | None


def environ_of(job: Job, folder: Path) -> dict[str, str]:
    """A worker's environment."""
    train = {"uri": f"builtin://{job.data}"}
    spec = {
        "algorithm": job.algorithm,
        "data": {"train": train, "test": {"fraction": 0.2, "seed": 1}, "standardize": True},
        "output": f"file://{folder}/model",
        "checkpoint": {"uri": f"file://{folder}/state", "everySeconds": 1},
        "ledger": f"file://{folder}/ledger",
    }
    return {
        "LSML_SPEC": json.dumps(spec),
        "LSML_SHARDS": SHARDS,
        "LSML_ADDRESS": "127.0.0.1",
        "LSML_PORT": "0",
        "LSML_TERMINATION_LOG": os.devnull,
    }


def weights(folder: Path) -> bytes:
    """Of the saved model."""
    return (folder / "model" / "weights.safetensors").read_bytes()


def undisturbed(job: Job) -> bytes:
    """The weights of one worker on its own."""
    with tempfile.TemporaryDirectory(prefix="lsml-soak-") as folder:
        code = worker.run_worker(environ_of(job, Path(folder)), Event(), lambda line: None)
        assert code == 0, f"the undisturbed run ended with {code}"
        return weights(Path(folder))


def outcome(seed: int, wanted: dict[str, bytes]) -> Outcome:
    """Of one schedule; `wanted` remembers the undisturbed weights."""
    name = list(JOBS)[seed % len(JOBS)]
    job = JOBS[name]
    if name not in wanted:
        wanted[name] = undisturbed(job)
    faults = schedule(seed, job.steps)
    with tempfile.TemporaryDirectory(prefix="lsml-soak-") as text:
        folder = Path(text)
        environ = {**environ_of(job, folder), "LSML_COORDINATOR": f"127.0.0.1:{free_port()}"}
        with Disturbed(folder, environ, faults, workers=1 + seed // len(JOBS) % 3) as team:
            try:
                problem = None if team.done(SECONDS) else f"not done after {SECONDS:.0f} s: {faults}"
            except AssertionError as error:
                problem = f"{error} ({faults})"
        if problem is None and weights(folder) != wanted[name]:
            problem = f"other weights: {faults}"
        try:
            check(read_accounts(folder / "ledger"))
        except NotExactlyOnce as error:
            problem = problem or f"{error}: {faults}"
        return Outcome(name, len(faults), len(team.fired), problem)


def soak(seeds: range) -> Iterator[tuple[int, Outcome]]:
    """One schedule a seed."""
    wanted: dict[str, bytes] = {}
    for seed in seeds:
        yield seed, outcome(seed, wanted)


def steady(seconds: float, every: float) -> float:
    """Steps with a kill each `every` seconds, over steps without, of two workers."""
    endless = {
        "deepLearning": {
            "network": {"mlp": {"hidden": [64]}},
            "optimizer": {"adam": {}},
            "epochs": 1_000_000,
            "batchSize": 64,
        }
    }
    return _steps(endless, seconds, every) / _steps(endless, seconds, float("inf"))


def _steps(algorithm: dict[str, Any], seconds: float, every: float) -> int:
    with tempfile.TemporaryDirectory(prefix="lsml-soak-") as folder, Team(Path(folder), algorithm, "digits") as team:
        names = ["w0", "w1"]
        for name in names:
            team.join(name)
        team.until(lambda: all(team.step(name) > 0 for name in names), "both train")
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
        return max(map(team.step, names)) - begin


def main() -> int:
    """Prints a line a schedule; 1 if one of them went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--steady", type=float)
    parser.add_argument("--every", type=float, default=30.0)
    given = parser.parse_args()
    if given.steady:
        print(f"{100 * steady(given.steady, given.every):.1f} % of the steps were kept")
        return 0
    wrong = planned = fired = 0
    for seed, ended in soak(range(given.first, given.first + given.schedules)):
        wrong, planned, fired = wrong + (ended.problem is not None), planned + ended.planned, fired + ended.fired
        print(
            f"{seed}: {ended.job}: {ended.fired} of {ended.planned} faults: {ended.problem or 'same bytes'}", flush=True
        )
    print(f"{given.schedules} schedules, {fired} of {planned} faults fired, {wrong} went wrong")
    return 1 if wrong or not fired else 0


if __name__ == "__main__":
    sys.exit(main())
