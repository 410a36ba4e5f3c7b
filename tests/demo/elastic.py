"""What the tour shows: workers come, go, and are killed, and the model is that of a job that was left alone.

Two jobs, one of each kind of learning; each is followed through the same events, and the time is taken from each event
to the next step that the workers commit.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from localcluster.report import say, step

from .steps import Steps
from .targets import Target
from .tools import NAMESPACE, RELEASE, DemoError, apply_example, install, kubectl, until

SHARDS = 4
STARTED = f"tour-{time.time():.0f}"
"""A folder of this tour's own: a job goes on from what is in its checkpoint."""
WAIT_SECONDS = 600.0
Json = dict[str, Any]

MLP: Json = {
    "algorithm": {
        "deepLearning": {
            "network": {"mlp": {"hidden": [512, 512]}},
            "optimizer": {"sgd": {"learningRate": 0.01}},
            "epochs": 400,
            "batchSize": 256,
        }
    },
    "data": {"train": {"uri": "builtin://digits"}, "test": {"fraction": 0.2, "seed": 42}, "shards": SHARDS},
}
SVM: Json = {
    "algorithm": {"svm": {"kernel": "rbf", "C": 100.0, "tolerance": 1e-6}},
    "data": {
        "train": {"synthetic": {"kind": "classification", "rows": 12_000, "noise": 0.2, "seed": 1}},
        "test": {"fraction": 0.1, "seed": 42},
        "shards": SHARDS,
    },
}
JOBS = {"tour-mlp": MLP, "tour-svm": SVM}


def a_job(name: str, spec: Json, replicas: int = 1) -> Json:
    """Some workers to begin with, of four at most; the state is kept each five seconds."""
    workers = {"replicas": replicas, "max": SHARDS, "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}}}
    more = {
        "workers": workers,
        "output": f"pvc://models/{STARTED}/{name}",
        "checkpoint": {"uri": f"pvc://models/{STARTED}/{name}-state", "everySeconds": 5},
    }
    return {
        "apiVersion": "lsml.dev/v1alpha1",
        "kind": "TrainingJob",
        "metadata": {"name": name},
        "spec": {**spec, **more},
    }


class Tour:
    """One job, and what happens to it."""

    def __init__(self, target: Target, name: str) -> None:
        self._target, self._name = target, name
        self._began = time.monotonic()
        self._told = ""
        self.recovered: dict[str, str] = {}
        """Event -> how long it took a worker who was there before to commit its next steps."""

    # What is seen

    def job(self) -> Json:
        """Its status; what is new in it is a line."""
        found: Json = json.loads(kubectl(self._target, "get", "trainingjob", self._name, "-o", "json"))
        status: Json = found.get("status", {})
        summary = status.get("summary", {})
        news = f"{status.get('phase', 'not seen yet')}, {summary.get('workers', '0/0')} workers"
        if news != self._told:
            self._told = news
            self.say(f"{news}, {summary.get('progress', '0%')}: {status.get('diagnosis', '')}")
        return status

    def say(self, sentence: str) -> None:
        say(f"  {time.monotonic() - self._began:6.1f} s  {self._name}  {sentence}")

    def until(self, what: str, holds: Callable[[Json], Any], wait_seconds: float = WAIT_SECONDS) -> Json:
        status: Json = {}

        def look() -> bool:
            nonlocal status
            status = self.job()
            ended = status.get("phase") in ("Succeeded", "Failed")
            if ended and not holds(status):
                raise DemoError(f"{self._name} has ended before {what}: {status.get('diagnosis')}")
            return bool(status) and bool(holds(status))

        until(f"{self._name}: {what}", look, wait_seconds)
        return status

    def until_together(self, number: int) -> Json:
        """So many workers run, and training has made steps."""
        return self.until(
            f"{number} train together",
            lambda s: s["workers"]["running"] == s["workers"]["desired"] == number and _step(s) > 0,
        )

    def pod(self, part: str) -> str:
        """The name of the newest pod of a place."""
        pods = kubectl(self._target, "get", "pods", "-l", f"lsml.dev/job={self._name}", "-o", "name").split()
        names = [pod.removeprefix("pod/") for pod in pods if pod.startswith(f"pod/{self._name}-{part}-")]
        return max(names, key=lambda name: int(name.rpartition("-")[2]))

    # What happens

    def live(self) -> None:
        """The whole life: it grows, shrinks, loses a worker, the coordinator, and all of its machine."""
        self.until_together(1)
        self.event("scaled 1 -> 4", lambda: self.scale(4))
        self.until_together(4)
        self.event("scaled 4 -> 2", lambda: self.scale(2))
        self.until_together(2)
        self.event("worker 1 killed", lambda: self.kill("w1"))
        self.until("it has lost a worker", lambda s: s["restarts"]["evictions"] >= 1)
        self.until_together(2)
        self.event("coordinator killed", lambda: self.kill("coordinator"))
        self.until("it has lost its coordinator", lambda s: s["restarts"]["coordinator"] >= 1)
        self.until_together(2)
        self._drained()
        self.until("its end", lambda s: s.get("phase") == "Succeeded")

    def event(self, what: str, does: Callable[[], None]) -> None:
        """Something happens; worker 0, who stays, is watched."""
        with Steps(self._target, self.pod("w0")) as steps:
            until("worker 0 makes steps", lambda: len(steps.news) >= 3, WAIT_SECONDS)
            moment = time.monotonic()
            does()
            seconds = steps.next_after(moment)
            usual = f"{steps.usual_before(moment):.2f} s where nothing happens"
            self.recovered[what] = "no step was seen" if seconds is None else f"{seconds:5.2f} s ({usual})"
            if steps.went_back():
                raise DemoError(f"{self._name}: worker 0 did steps again after: {what}")
        self._tell(what)

    def _tell(self, what: str) -> None:
        self.say(f"-- {what}; to the next steps: {self.recovered[what].strip()}")

    def scale(self, replicas: int) -> None:
        """As its author would."""
        kubectl(self._target, "scale", "trainingjob", self._name, f"--replicas={replicas}")

    def kill(self, part: str) -> None:
        """The pod of a place is gone at once, as by kill -9."""
        kubectl(self._target, "delete", "pod", self.pod(part), "--grace-period=0", "--force", "--wait=false")

    def _drained(self) -> None:
        """All pods of the job go from worker 0's node at once; the next ones go on from the checkpoint."""
        before = self.until("a checkpoint", lambda s: s.get("checkpoint", {}).get("step"))
        moment = time.monotonic()
        with self._no_node():
            self.until("it has lost them", lambda s: s["workers"]["running"] == 0)
        self.until("it goes on", lambda s: s["workers"]["running"] > 0 and s["progress"] != before["progress"])
        self.recovered["node drained"] = f"{time.monotonic() - moment:5.2f} s"
        self._tell("node drained")
        self.say("   (all of its pods were on that node: the next ones have gone on from the checkpoint)")

    @contextmanager
    def _no_node(self) -> Iterator[None]:
        if self._target.only_own_namespace:  # nobody else's node is drained
            kubectl(self._target, "delete", "pods", "-l", f"lsml.dev/job={self._name}", "--wait=false")
            yield
            return
        pod = json.loads(kubectl(self._target, "get", "pod", self.pod("w0"), "-o", "json"))
        node = pod["spec"]["nodeName"]
        with ExitStack() as after:
            after.callback(kubectl, self._target, "uncordon", node)
            selected = f"--pod-selector=lsml.dev/job={self._name}"
            kubectl(self._target, "drain", node, selected, "--force", "--delete-emptydir-data", "--timeout=90s")
            yield


def run(target: Target) -> None:
    """The whole tour, on a cluster that is ready."""
    say(f"using {target.description}")
    with step(f"helm install {RELEASE} helm/lsml"):
        install(target)
    apply_example(target, "models-claim")
    same = {name: _tour(target, name, spec) for name, spec in JOBS.items()}
    say(f"to look further:\n  {target.goodbye}\n  kubectl -n {NAMESPACE} describe tjob {next(iter(JOBS))}")
    if not all(same.values()):
        raise DemoError("a model differs from that of the job that was left alone")


def _tour(target: Target, name: str, spec: Json) -> bool:
    """A job that is disturbed, then one that is not; whether their models are the same."""
    alone = f"{name}-alone"
    forget(target, name, alone)
    apply_job(target, name, spec)
    tour = Tour(target, name)
    tour.live()
    apply_job(target, alone, spec)
    undisturbed = Tour(target, alone).until("its end", lambda s: s.get("phase") == "Succeeded")
    digests = [tour.job()["model"]["digest"], undisturbed["model"]["digest"]]
    for who, digest in zip((name, alone), digests, strict=True):
        say(f"  {who:16} {digest}")
    verdict = "the same, to the bit" if digests[0] == digests[1] else "NOT THE SAME"
    say(f"  {verdict}; from each event to the next steps:")
    for what, recovered in tour.recovered.items():
        say(f"    {what:20} {recovered}")
    return digests[0] == digests[1]


def apply_job(target: Target, name: str, spec: Json, replicas: int = 1) -> None:
    """kubectl apply."""
    kubectl(target, "apply", "-f", "-", stdin=json.dumps(a_job(name, spec, replicas)))


def forget(target: Target, *names: str) -> None:
    """Jobs of these names, and what was theirs, are gone."""
    kubectl(target, "delete", "trainingjob", *names, "--ignore-not-found", "--timeout=60s")
    for name in names:
        mine = ("get", "pods,networkpolicies,services", "-l", f"lsml.dev/job={name}", "-o", "name")
        until(f"what was {name}'s is gone", lambda mine=mine: not kubectl(target, *mine).strip(), 120)  # type: ignore[misc]


def _step(status: Json) -> int:
    found: int = status.get("progress", {}).get("step", 0)
    return found
