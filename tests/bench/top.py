"""`lsml top` of 1,000 jobs beside `kubectl get tjob`: whole processes, from their start to their last line.

The goal is a second of the clock; the processor's time is this process's own, which only waits. The API server is a
real one, which this starts and takes away again; it has no node.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.harness import Options, Row, compare, run
from cluster.api import MERGE, Api, path_of
from cluster.resource import install
from cluster.showcase import many
from cluster.space import Space
from localcluster import Cluster

JOBS = 1000


def lines_of(command: list[str], kubeconfig: Path) -> int:
    """How many lines a command prints."""
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig)}
    return subprocess.run(command, env=environment, check=True, capture_output=True).stdout.count(b"\n")


def main(options: Options) -> Iterator[Row]:
    """One row."""
    jobs, cluster = options.rows(JOBS), Cluster("bench-top")
    cluster.up(nodes=0, controllers=True)
    try:
        space = Space(Api(cluster.kubeconfig), "default")
        install(space.api)
        for job, status in many(jobs):
            space.create(job)
            path = path_of("TrainingJob", space.name, job["metadata"]["name"], "status")
            space.api.request("PATCH", path, {"status": status}, MERGE)
        contenders = {
            "ours": [str(Path(sys.executable).with_name("lsml")), "top"],
            "kubectl get tjob": ["kubectl", "get", "tjob"],
        }
        yield from compare(
            f"top of {jobs:,} jobs",
            {name: partial(lines_of, command, cluster.kubeconfig) for name, command in contenders.items()},
            options,
            quality=lambda ours, theirs: (ours >= theirs, f"{ours} lines, {theirs}"),
        )
    finally:
        cluster.down()


if __name__ == "__main__":
    run(__file__, main)
