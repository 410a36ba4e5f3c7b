"""Real pods on a cluster: from kubectl apply to the first step, and what each event costs a team of two or three.

CLUSTER=current|kind|local chooses the cluster, as for `make demo`, and CLUSTER_NAME the local one's name; one that was
not there before is taken away again. Five rounds take some four minutes on a quiet machine with two cores.

`ours` is the longest time in which a worker that stays (w0) committed nothing, from kubectl's call until all train
together again, as the worker tells it itself (every 0.25 s, which is in the figures). The first step's is from apply to
the worker's line in its log that names a step, which comes a second after the first. How long the status took to say
what happened, and whether committed steps were done again, is in the last column.

The same drive on the same kind of machine with Kubeflow's elastic PyTorchJob (training-operator 1.9.0, torchrun c10d,
two workers) gave the figures under `theirs`, of that one measurement, the least where it gave several; 13 to 151 steps
were done again, and its status said Running all along. A trainer that is killed is restarted by torchrun in its
container there; of ours it is the container, the loss of which took theirs 142 s.
"""

import json
import os
import re
import signal
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from bench.harness import Options, Row, run
from demo.elastic import MLP, Tour, a_job, forget
from demo.steps import Steps
from demo.targets import LOCAL_NAME, Target, choose
from demo.tools import DemoError, install, kubectl, until
from e2e.kube import processes_of
from localcluster import Cluster, settings

NAME = "bench-mlp"
STATUS_SECONDS = 5.0
"""By then the status has said what happened."""
Json = dict[str, Any]


class Event(NamedTuple):
    """What happens to two workers, or to as many as the event before has left."""

    does: Callable[[Target], None]
    told: Callable[[Json, Json], bool]
    """Whether the status (before, now) says what happened."""
    replicas: int
    theirs_seconds: float | None
    goal_seconds: float = 1.5


def _counts(cause: str) -> Callable[[Json, Json], bool]:
    return lambda before, now: bool(now["restarts"][cause] > before["restarts"][cause])


def _wants(replicas: int) -> Callable[[Json, Json], bool]:
    return lambda _, now: bool(now["workers"]["desired"] == replicas)


def _pod(target: Target, part: str) -> Json:
    """The newest pod of a place."""
    found: Json = json.loads(kubectl(target, "get", "pod", Tour(target, NAME).pod(part), "-o", "json"))
    return found


def _kill_process(target: Target) -> None:
    """kill -9 from outside the pod, whose node must be on this machine."""
    for pid in processes_of(_pod(target, "w1")["metadata"]["uid"]):
        os.kill(pid, signal.SIGKILL)


def _drain(target: Target) -> None:
    """Its node takes nobody new, and worker 1 is evicted; worker 0 stays, though it may be on the same node."""
    node = _pod(target, "w1")["spec"]["nodeName"]
    selected = f"--pod-selector=lsml.dev/job={NAME},lsml.dev/index=1"
    try:
        kubectl(target, "drain", node, selected, "--force", "--delete-emptydir-data", "--timeout=90s")
    finally:
        kubectl(target, "uncordon", node)


EVENTS = {
    "trainer process killed": Event(_kill_process, _counts("crashes"), 2, 33.5),
    "pod deleted --force": Event(lambda on: Tour(on, NAME).kill("w1"), _counts("evictions"), 2, 133),
    "coordinator deleted --force": Event(
        lambda on: Tour(on, NAME).kill("coordinator"), _counts("coordinator"), 2, None
    ),
    "2 -> 3 workers": Event(lambda on: Tour(on, NAME).scale(3), _wants(3), 3, 94, 1.0),
    "3 -> 2 workers": Event(lambda on: Tour(on, NAME).scale(2), _wants(2), 2, 43, 1.0),
    "drained, one of two": Event(_drain, _counts("evictions"), 2, None),
}


class Cost(NamedTuple):
    """Of one event."""

    pause_seconds: float
    told_seconds: float
    went_back: bool


def main(options: Options) -> Iterator[Row]:
    """A row for the first step, and one for each event."""
    was_there = LOCAL_NAME in settings.all_clusters()
    target = choose(os.environ.get("CLUSTER", ""))
    starts: list[float] = []
    costs: dict[str, list[Cost]] = {what: [] for what in EVENTS if options.wants(what) and _can_be(what, target)}
    try:
        install(target)
        for _ in range(options.rounds):
            forget(target, NAME)
            starts.append(_first_step(target))
            for what, measured in costs.items():
                measured.append(_cost(target, EVENTS[what]))
        forget(target, NAME)
    finally:
        if not was_there and LOCAL_NAME in settings.all_clusters():
            Cluster(LOCAL_NAME).down()
    yield _row("apply -> first step, the image there", starts, 39.9, 6.0)
    for what, measured in costs.items():
        yield _event_row(what, measured)


def _can_be(what: str, target: Target) -> bool:
    """On a cluster of others nobody's node is drained, and no process is within reach."""
    return not target.only_own_namespace or EVENTS[what].does not in (_kill_process, _drain)


def _endless() -> Json:
    """Two workers that train until they are taken away, and leave nothing on a claim."""
    learning = {**MLP["algorithm"]["deepLearning"], "epochs": 1_000_000}
    job = a_job(NAME, {**MLP, "algorithm": {"deepLearning": learning}}, replicas=2)
    del job["spec"]["output"], job["spec"]["checkpoint"]
    return job


def _first_step(target: Target) -> float:
    """Seconds from kubectl's call; the clocks of node and caller are the same, or its seconds are wrong."""
    applied = time.time()
    kubectl(target, "apply", "-f", "-", stdin=json.dumps(_endless()))
    found: list[float] = []

    def look() -> bool:
        found.extend(datetime.fromisoformat(m[1]).timestamp() for log in _logs(target)
                     if (m := re.search(r"^(\S+) step \d", log, re.MULTILINE)))  # fmt: skip
        return bool(found)

    until("the first step", look, 300)
    return min(found) - applied


def _logs(target: Target) -> list[str]:
    """Of all workers that run."""
    chosen = ("-l", f"lsml.dev/job={NAME},app.kubernetes.io/component=worker", "--field-selector=status.phase=Running")
    pods = kubectl(target, "get", "pods", *chosen, "-o", "name").split()
    logs = []
    for pod in pods:
        with suppress(DemoError):  # it has gone since
            logs.append(kubectl(target, "logs", "--timestamps", pod))
    return logs


def _cost(target: Target, event: Event) -> Cost:
    tour = Tour(target, NAME)
    before = tour.job()
    with Steps(target, tour.pod("w0")) as steps:
        until("worker 0 makes steps", lambda: len(steps.news) >= 3, 60)
        moment = time.monotonic()
        event.does(target)
        tour.until("the status says so", lambda now: event.told(before, now))
        told_seconds = time.monotonic() - moment
        tour.until_together(event.replicas)
        until("all train", lambda: all(" training\n" in log for log in _logs(target)), 60)
        known = len(steps.news)
        until("they train together", lambda: len(steps.news) >= known + 6, 60)
        return Cost(steps.longest_pause(moment), told_seconds, steps.went_back())


def _event_row(what: str, measured: list[Cost]) -> Row:
    event = EVENTS[what]
    told = statistics.median(cost.told_seconds for cost in measured)
    again = sum(cost.went_back for cost in measured)
    quality = f"the status said so after {told:.1f} s (at most {STATUS_SECONDS:g} s), {again or 'no'} step done again, "
    row = _row(what, [cost.pause_seconds for cost in measured], event.theirs_seconds, event.goal_seconds, quality)
    return replace(row, holds=told <= STATUS_SECONDS and not again)


def _row(case: str, seconds: list[float], theirs_seconds: float | None, goal_seconds: float, quality: str = "") -> Row:
    ours = statistics.median(seconds)
    return Row(
        case,
        f"{ours:.2f} s",
        rival="PyTorchJob" if theirs_seconds else "",
        theirs=f"{theirs_seconds:g} s" if theirs_seconds else "",
        ratio=f"{ours / theirs_seconds:.3f}" if theirs_seconds else "",
        goal=f"{goal_seconds:g} s",
        quality=f"{quality}worst {max(seconds):.2f} s of {len(seconds)}",
    )


if __name__ == "__main__":
    run(__file__, main)
