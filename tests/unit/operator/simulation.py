"""A cluster in memory, and an operator beside it that sees it late and may be killed between any two of its writes.

The cluster keeps what the API server keeps: one version of a job, pods by name, deletions by UID. What becomes of
each attempt is written in a script beforehand, so that two runs of one script can only differ by their interleaving.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Literal, NamedTuple

from lsml_operator.api.status import Restarts, Status
from lsml_operator.decide import decide
from lsml_operator.observe.read import read_pod
from lsml_operator.world import Change, Create, Delete, Job, Object, Pod, Ungate, World
from lsml_trainer.spec import Ending, Report
from unit.operator.builders import NOW, SETTINGS, TOKEN_SECRET, Json, a_job, a_spec

COORDINATOR = -1
"""Its index in a script."""
Outcome = Literal["runs", "done", "crash", "out of memory", "drained", "refused", "deleted", "diverged"]
Script = Mapping[tuple[int, int], Outcome]
"""(index, attempt) -> what becomes of it; whoever is not in it is done."""

ENDS: Mapping[Outcome, Mapping[str, Any]] = {
    "runs": {},
    "done": {"phase": "Succeeded", "exit_code": 0},
    "crash": {"phase": "Failed", "exit_code": 1, "container_reason": "Error"},
    "out of memory": {"phase": "Failed", "exit_code": 137, "container_reason": "OOMKilled"},
    "drained": {"phase": "Failed", "exit_code": 143, "disruption": "EvictionByEvictionAPI"},
    "refused": {"phase": "Failed", "pod_reason": "OutOfcpu", "scheduled": True},
    "deleted": {"deleting": True},
    "diverged": {
        "phase": "Failed",
        "exit_code": 3,
        "container_message": Ending(reason="Diverged", message="the loss is not finite").to_json(),
    },
}


class Cluster:
    """What is true."""

    def __init__(self, script: Script, replicas: int = 1, *, strict: bool = False) -> None:
        self.now: datetime = NOW
        gang: Mapping[str, Any] = {"gang": "strict", "least": replicas} if strict else {}
        self.job: Job = a_job(replicas=replicas, most=replicas, backoff_limit=1000, **gang)
        self.pods: dict[str, Pod] = {}
        self.service = False
        self.made: list[str] = []
        self.writes = 0
        self.ungated = 0
        self._replicas = replicas
        self._script = script
        self._uids = count()

    # The API

    def write_status(self, seen: Job, status: Status) -> Job:
        if seen.resource_version != self.job.resource_version:
            raise Conflict
        self.writes += 1
        return self._store(replace(self.job, status=status))

    def create(self, body: Object) -> None:
        self.service |= body["kind"] == "Service"
        if body["kind"] != "Pod" or body["metadata"]["name"] in self.pods:  # of the same owner: it is taken for it
            return
        stamps = {"uid": f"uid-{next(self._uids)}", "creationTimestamp": self.now.isoformat()}
        pod = read_pod({**body, "metadata": {**body["metadata"], **stamps}})
        assert pod is not None
        twins = [p for p in self.pods.values() if _place(p) == _place(pod) and not p.ended]
        assert not twins, "two live pods of one index and attempt"
        assert pod.coordinates or self._replicas == 1 or self.service, "a worker that cannot find its team"
        self.pods[pod.name] = pod
        self.made.append(pod.name)

    def delete(self, change: Delete) -> None:
        if change.kind == "Service":
            assert not self._is_wanted(), "the status intends what is deleted"
            self.service = False
        pod = self.pods.get(change.name)
        if pod is None or pod.uid != change.uid:
            return
        assert _place(pod) not in self.intended(), "the status intends what is deleted"
        self.pods[pod.name] = replace(pod, deleting=True)

    def ungate(self, change: Ungate) -> None:
        pod = self.pods.get(change.name)
        if pod is None or pod.uid != change.uid:
            return
        there = {_place(pod) for pod in self.pods.values()}
        assert all(place in there for place in self.intended() if place[0] != COORDINATOR), "half a gang is let go"
        self.pods[pod.name] = replace(pod, gates=())
        self.ungated += 1

    def intended(self) -> dict[tuple[int, int], str]:
        """By the stored status: their states."""
        members = {(worker.index, worker.attempt): worker.state for worker in self.job.status.workers.members}
        leader = self.job.status.coordinator
        return members | ({(COORDINATOR, leader.attempt): leader.state} if leader and self._is_wanted() else {})

    def _is_wanted(self) -> bool:
        """Whether the stored status intends a coordinator."""
        leader = self.job.status.coordinator
        return leader is not None and leader.state != "Leaving"

    # The others

    def report(self) -> Report | None:
        """What the job's coordinator says."""
        return None

    def edit(self, **spec: Any) -> None:
        """Its author changes the job; `spec` as for `a_spec`."""
        numbers = {"replicas": self._replicas, "most": self._replicas}
        self._edit(a_spec(backoff_limit=1000, **{**numbers, **spec}))

    def _edit(self, raw: Json) -> None:
        edited = a_job(self.job.status, raw_spec=raw, generation=self.job.generation + 1)
        self._store(replace(edited, resource_version=self.job.resource_version))

    def advance(self) -> None:
        """The kubelets and the scheduler do their part: every pod comes one step further."""
        for pod in list(self.pods.values()):
            if pod.deleting:
                del self.pods[pod.name]
            elif not pod.ended:
                self.pods[pod.name] = replace(pod, **self._next(pod))

    def _next(self, pod: Pod) -> Mapping[str, Any]:
        outcome = self._script.get(_place(pod), "runs" if pod.coordinates else "done")
        if pod.gates:
            return {}
        if pod.phase == "Pending":
            return ENDS[outcome] if outcome == "refused" else {"phase": "Running", "scheduled": True}
        return ENDS[outcome] if self.intended().get(_place(pod)) == "Running" else {}  # not before it was seen

    def _store(self, job: Job) -> Job:
        self.job = replace(job, resource_version=str(int(job.resource_version) + 1))
        return self.job


def _place(pod: Pod) -> tuple[int, int]:
    return (COORDINATOR if pod.coordinates else pod.index), pod.attempt


class Conflict(Exception):
    """As the API server says it."""


class Killed(Exception):
    """The operator is no more."""


class Lost(Exception):
    """It was done, but the answer did not come."""


How = Literal["killed before", "killed after", "answer lost"]


class Fault(NamedTuple):
    """What happens to one of the operator's writes; the first of a look is number 0."""

    at: int
    how: How


@dataclass
class Operator:
    """Observe, decide, store, do; as `reconcile`, without the network."""

    cluster: Cluster
    calls: int = 0
    """How many writes it has begun."""

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self._address: str | None = None
        self.see_job()
        self.see_pods()

    def see_job(self) -> None:
        self._job = self.cluster.job

    def see_pods(self) -> None:
        self._pods = tuple(self.cluster.pods.values())

    def look(self, fault: Fault | None = None) -> None:
        """One pass, on what was last seen."""
        self._fault, self._begun = fault, 0
        workers = tuple(pod for pod in self._pods if not pod.coordinates)
        coordinators = tuple(pod for pod in self._pods if pod.coordinates)
        pods = workers, coordinators, self.cluster.report()
        world = World(self.cluster.now, self._job, *pods, address=self._address, token=TOKEN_SECRET)
        plan = decide(world, SETTINGS)
        try:
            if plan.status != world.status:
                self._job = self._write(lambda: self.cluster.write_status(self._job, plan.status))
            for change in plan.changes:
                self._write(lambda change=change: self._apply(change))  # type: ignore[misc]
        except Conflict:
            self.see_job()
        except Killed:
            self.restart()
        except Lost:
            return

    def _apply(self, change: Change) -> None:
        if isinstance(change, Create):
            self.cluster.create(change.body)
            if change.body["kind"] == "Service":
                self._address = "10.96.0.7"
        elif isinstance(change, Ungate):
            self.cluster.ungate(change)
        else:
            self.cluster.delete(change)
            if change.kind == "Service":
                self._address = ""

    def _write(self, do: Callable[[], Any]) -> Any:
        fault = self._fault if self._fault and self._fault.at == self._begun else None
        self._begun += 1
        self.calls += 1
        if fault and fault.how == "killed before":
            raise Killed
        answer = do()
        if fault:
            raise Killed if fault.how == "killed after" else Lost
        return answer


class End(NamedTuple):
    """What may not depend on the interleaving."""

    phase: str | None
    reason: str
    restarts: Restarts
    made: tuple[str, ...]
    left: tuple[str, ...]


Step = Callable[[Cluster, Operator], None]


def calm(cluster: Cluster, operator: Operator) -> None:
    """Everything is seen, looked at and done in turn."""
    operator.see_job()
    operator.see_pods()
    operator.look()
    cluster.advance()
    cluster.now += timedelta(seconds=400)  # longer than any back-off


def settle(cluster: Cluster, operator: Operator) -> None:
    """As much calm as it takes."""
    for _ in range(60):
        if cluster.job.status.completion_time is not None:
            break
        calm(cluster, operator)
    for _ in range(3):
        calm(cluster, operator)


def run(script: Script, steps: Iterable[Step] = (), replicas: int = 1) -> End:
    """The end of a job after these steps."""
    cluster = Cluster(script, replicas)
    operator = Operator(cluster)
    for step in steps:
        step(cluster, operator)
    settle(cluster, operator)
    return end_of(cluster)


def end_of(cluster: Cluster) -> End:
    status = cluster.job.status
    ready = status.condition("Ready")
    return End(
        phase=status.phase,
        reason=ready.reason if ready else "",
        restarts=status.restarts,
        made=tuple(sorted(cluster.made)),
        left=(*sorted(cluster.pods), *(["service"] if cluster.service else [])),
    )
