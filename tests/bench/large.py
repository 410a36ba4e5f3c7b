"""100,000,000 rows of 20 numbers, 8 GB, trained in little memory: how long it takes, and the most memory it had.

    make bench BENCHES=tests/bench/large.py                                 # BENCH_ARGS='--scale 0.01' tries it out

A job is one process here, so its largest resident set is all that it had. Of a pass of logistic regression about 45 %
makes the rows, 35 % leaves out the held-out ones and puts columns into rows, and 6 % is the gradient.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from bench.harness import Options, Row, run, seconds_in_words

ROWS = 100_000_000
MEMORY = "128Mi"
MOST_MIB = 1024

JOBS: dict[str, tuple[dict[str, Any], str]] = {
    "linear regression": ({"gradientDescent": {"loss": "mse", "iterations": 1000}}, "regression"),
    "logistic regression": ({"gradientDescent": {"loss": "log_loss", "iterations": 5}}, "classification"),
}


def train(algorithm: dict[str, Any], kind: str, rows: int) -> tuple[float, float, str]:
    """Seconds, the largest resident set in MiB, and what the job says of its model."""
    made = {"kind": kind, "rows": rows, "features": 20, "seed": 1}
    data = {"train": {"synthetic": made}, "test": {"fraction": 0.01, "seed": 1}, "memory": MEMORY}
    job = {
        "apiVersion": "lsml.dev/v1alpha1",
        "kind": "TrainingJob",
        "metadata": {"name": "large"},
        "spec": {"algorithm": algorithm, "data": data},
    }
    with tempfile.TemporaryDirectory() as folder:
        file, said = Path(folder, "job.yaml"), Path(folder, "said")
        file.write_text(yaml.safe_dump(job))
        started = time.monotonic()
        with said.open("wb") as out:
            process = subprocess.Popen([sys.executable, "-m", "lsml_trainer", "run", str(file)], stdout=out)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, said.read_text()
        lines = [line for line in said.read_text().splitlines() if line.startswith("evaluated on")]
        return time.monotonic() - started, used.ru_maxrss / 1024, lines[0].partition(": ")[2]


def main(options: Options) -> Iterator[Row]:
    """A row a job; there is no rival, only a bound of memory."""
    rows = options.rows(ROWS)
    for name, (algorithm, kind) in JOBS.items():
        if options.wants(name):
            seconds, mebibytes, found = train(algorithm, kind, rows)
            yield Row(
                case=f"{name}, {rows:,} x 20, data.memory {MEMORY}",
                ours=f"{seconds_in_words(seconds)}, {mebibytes:.0f} MiB at most",
                goal=f"{MOST_MIB} MiB",
                quality=found,
                holds=mebibytes <= MOST_MIB,
            )


if __name__ == "__main__":
    run(__file__, main)
