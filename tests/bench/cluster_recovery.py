"""Real pods on a cluster: from kubectl apply to the first step, and how long a team stands still after each event.

CLUSTER=current|kind|local chooses the cluster, as for `make demo`; the images are built and loaded beforehand. An
event's figure is from kubectl's call to the next steps of a worker that stays, as the worker tells them itself (every
0.25 s, which is in the figures); the first step's is from apply to the worker's line in its log that names a step.

The same drive on the same kind of machine with Kubeflow's elastic PyTorchJob (training-operator 1.9.0, torchrun c10d,
two workers) gave: apply to the first step 39.9 s; a container killed 142 s; a pod deleted 133 to 160 s; two workers to
three 94 to 150 s; three to two 43 s. These are the figures under `theirs`, of that one measurement.
"""

import os
import re
import statistics
import time
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from bench.harness import Options, Row, run
from demo.elastic import MLP, Tour, apply_job, forget
from demo.targets import Target, choose
from demo.tools import apply_example, install, kubectl, until

NAME = "bench-mlp"
ENDLESS = {**MLP, "algorithm": {"deepLearning": {**MLP["algorithm"]["deepLearning"], "epochs": 1_000_000}}}


class Event(NamedTuple):
    """What happens, after which so many train together; and what is known of others."""

    replicas: int
    killed: str
    theirs_seconds: float | None
    goal_seconds: float


EVENTS = {
    "2 -> 3 workers": Event(3, "", 94, 1.5),
    "3 -> 2 workers": Event(2, "", 43, 1.5),
    "pod deleted by force": Event(2, "w1", 133, 1.5),
    "coordinator deleted by force": Event(2, "coordinator", None, 1.5),
}


def main(options: Options) -> Iterator[Row]:
    """A row for the first step, and one for each event."""
    target = choose(os.environ.get("CLUSTER", ""))
    install(target)
    apply_example(target, "models-claim")
    starts: list[float] = []
    gaps: dict[str, list[float]] = {what: [] for what in EVENTS if options.wants(what)}
    for _ in range(options.rounds):
        forget(target, NAME)
        starts.append(_first_step(target))
        _disturb(target, gaps)
    forget(target, NAME)
    yield _row("apply -> first step, the image there", starts, 39.9, 6.0)
    for what, seconds in gaps.items():
        yield _row(f"{what}: the others' next steps", seconds, EVENTS[what].theirs_seconds, EVENTS[what].goal_seconds)


def _first_step(target: Target) -> float:
    """Seconds from kubectl's call; the clocks of node and caller are the same, or its seconds are wrong."""
    applied = time.time()
    apply_job(target, NAME, ENDLESS, replicas=2)
    found: list[float] = []

    def look() -> bool:
        pods = kubectl(target, "get", "pods", "-l", f"lsml.dev/job={NAME},app.kubernetes.io/component=worker",
                       "--field-selector=status.phase=Running", "-o", "name").split()  # fmt: skip
        logs = (kubectl(target, "logs", "--timestamps", pod) for pod in pods)
        found.extend(datetime.fromisoformat(m[1]).timestamp() for log in logs
                     if (m := re.search(r"^(\S+) step \d", log, re.MULTILINE)))  # fmt: skip
        return bool(found)

    until("the first step", look, 300)
    return min(found) - applied


def _disturb(target: Target, gaps: dict[str, list[float]]) -> None:
    tour = Tour(target, NAME)
    tour.until_together(2)
    for what, measured in gaps.items():
        event = EVENTS[what]
        before = tour.job()["restarts"]
        if event.killed:
            tour.event(what, lambda part=event.killed: tour.kill(part))  # type: ignore[misc]
            tour.until("the loss is counted", lambda status, before=before: status["restarts"] != before)  # type: ignore[misc]
        else:
            tour.event(what, lambda replicas=event.replicas: tour.scale(replicas))  # type: ignore[misc]
        tour.until_together(event.replicas)
        seconds = tour.recovered[what]
        assert seconds is not None, f"no step was seen after: {what}"
        measured.append(seconds)


def _row(case: str, seconds: list[float], theirs_seconds: float | None, goal_seconds: float) -> Row:
    ours = statistics.median(seconds)
    return Row(
        case,
        f"{ours:.2f} s",
        rival="PyTorchJob" if theirs_seconds else "",
        theirs=f"{theirs_seconds:g} s" if theirs_seconds else "",
        ratio=f"{ours / theirs_seconds:.3f}" if theirs_seconds else "",
        goal=f"{goal_seconds:g} s",
        quality=f"worst {max(seconds):.2f} s of {len(seconds)}, no step done again",
    )


if __name__ == "__main__":
    run(__file__, main)
