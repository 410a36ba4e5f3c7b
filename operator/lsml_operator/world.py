"""The words that the rest of the operator shares: what is (World) and what to do (Plan). Frozen, and a leaf."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from lsml_operator.api.status import Phase, Status, WorkerStatus
from lsml_operator.api.training_job import TrainingJobSpec
from lsml_trainer.spec import Report

Object = Mapping[str, Any]
"""A Kubernetes object as plain JSON values."""


class JobKey(NamedTuple):
    """Which job. The UID tells a job from its successor of the same name."""

    namespace: str
    name: str
    uid: str


@dataclass(frozen=True)
class Job:
    """A TrainingJob as it was last seen."""

    key: JobKey
    generation: int
    resource_version: str
    raw_spec: Object
    spec: TrainingJobSpec | None
    """None if it cannot be understood."""
    invalid: str | None
    """Why it cannot be understood, for its author."""
    status: Status
    deleting: bool
    queue: Mapping[str, str] = field(default_factory=dict)
    """Its labels by which Kueue admits its workers."""


@dataclass(frozen=True)
class Pod:
    """A pod of a job as it was last seen; times are None until they have come."""

    name: str
    uid: str
    index: int
    """A worker's place in the team; of no meaning for a coordinator."""
    attempt: int
    phase: str
    """Pending, Running, Succeeded, Failed or Unknown."""
    created: datetime
    template_hash: str | None
    coordinates: bool = False
    """Whether it is the coordinator's, not a worker's."""
    node: str | None = None
    """The machine's name."""
    node_is_silent: bool = False
    """Whether that machine does not answer."""
    scheduled: bool = True
    """Whether it has a machine."""
    deleting: bool = False
    ip: str | None = None
    exit_code: int | None = None
    container_reason: str | None = None
    """Why the container waits or ended: ImagePullBackOff, OOMKilled…"""
    container_message: str | None = None
    """The words that go with it: the kubelet's, or the worker's termination message."""
    pod_reason: str | None = None
    """Why the pod as a whole ended: Evicted, Preempting, NodeLost…"""
    disruption: str | None = None
    """The reason of its DisruptionTarget condition."""
    unschedulable: str | None = None
    """The scheduler's words, while no machine takes it."""
    gates: tuple[str, ...] = ()
    """Who holds it back from the scheduler: the names of its scheduling gates."""
    queue: str | None = None
    """The queue of Kueue's that it waits in, or was admitted by."""
    group: str | None = None
    """The group of pods that Kueue admits it with."""
    token: str | None = None
    """The Secret with the job's token that it has; None: it was made without one."""
    quota: str | None = None
    """Kueue's words, while it holds the pod back for its quota."""

    @property
    def role(self) -> str:
        """Who it is, for people."""
        return "the coordinator" if self.coordinates else f"worker {self.index}"

    @property
    def why_taken(self) -> str | None:
        """Why its machine was taken from it, for people; None if it was not."""
        if self.node_is_silent:
            return f"its node {self.node} does not answer"
        return "disrupted" if self.disruption == "" else self.disruption

    @property
    def ended(self) -> bool:
        """Whether its process will do nothing more; its phase says so a moment later than its container."""
        return self.exit_code is not None or self.phase in ("Succeeded", "Failed")


@dataclass(frozen=True)
class Refusal:
    """A write that the API server did not accept; what it said is for the user to read."""

    what: str
    """Such as pod iris-w0-0."""
    code: int
    message: str


@dataclass(frozen=True)
class Outcome:
    """What came of a plan's changes, as far as the next look must know it."""

    refusals: tuple[Refusal, ...] = ()
    address: str | None = None
    """Of the coordinator's Service, when it was made or found; empty when it was taken away."""


@dataclass(frozen=True)
class Member:
    """A worker that the stored status intends, joined with the pod that was seen for it."""

    intended: WorkerStatus
    pod: Pod | None


@dataclass(frozen=True)
class World:
    """All that is known of one job at one moment; policies read nothing else."""

    now: datetime
    job: Job
    pods: tuple[Pod, ...] = ()
    """Those of workers."""
    coordinators: tuple[Pod, ...] = ()
    """The coordinator's pod, beside any that are not gone yet."""
    report: Report | None = None
    """What the job's running worker, or its team, last said."""
    refusals: tuple[Refusal, ...] = ()
    address: str | None = None
    """Of the coordinator's Service, if it was heard and is not stored yet; empty once it was taken away."""
    nodes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The labels of the workers' machines, by their names, as far as prices depend on them."""
    token: str | None = None
    """The Secret with the token by which the operator knows this job's pods; None: it has no key."""

    @property
    def spec(self) -> TrainingJobSpec:
        """The spec of a job that can be understood."""
        assert self.job.spec is not None, "policies after `invalid_spec` see valid specs only"
        return self.job.spec

    @property
    def status(self) -> Status:
        """What is stored."""
        return self.job.status

    @property
    def members(self) -> tuple[Member, ...]:
        """The workers that the stored status intends."""
        pods = {(pod.index, pod.attempt): pod for pod in self.pods}
        return tuple(Member(w, pods.get((w.index, w.attempt))) for w in self.status.workers.members)

    @property
    def intended_pods(self) -> tuple[Pod, ...]:
        """The pods that the stored status intends, as far as they were seen: the coordinator's, then the workers'."""
        stored = self.status.coordinator
        leaders = [pod for pod in self.coordinators if stored is not None and pod.attempt == stored.attempt]
        return (*leaders, *(member.pod for member in self.members if member.pod is not None))


@dataclass(frozen=True)
class Diagnosis:
    """What holds a job back, or costs it more than it needs; for people a CamelCase reason and a whole sentence."""

    reason: str
    sentence: str
    """With the numbers of this very case, and what would help."""


@dataclass(frozen=True)
class Decision:
    """What a policy has decided: the phase, and for people a CamelCase reason and a whole sentence."""

    phase: Phase
    reason: str
    message: str
    stalled: bool = False
    """Whether it will not go on unless somebody puts something right."""
    wake_seconds: float | None = None
    """When to look again, if nothing happens before."""
    findings: tuple[str, ...] = ()
    """The reasons of the diagnoses that are part of the message, the gravest first."""


@dataclass(frozen=True)
class Later:
    """No opinion now, but ask again after these seconds."""

    seconds: float


@dataclass(frozen=True)
class Create:
    """Make an object; one of the same name that the job owns is taken for it."""

    body: Object


@dataclass(frozen=True)
class Delete:
    """Take away exactly this object, by UID."""

    kind: Literal["Pod", "Service", "TrainingJob"]
    name: str
    uid: str | None
    """None: whichever has that name, if the job owns it."""


@dataclass(frozen=True)
class Ungate:
    """Let the scheduler have exactly this pod, by UID: take its scheduling gates off."""

    name: str
    uid: str


Change = Create | Delete | Ungate


@dataclass(frozen=True)
class Event:
    """Something that happened, for kubectl describe."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str


@dataclass(frozen=True)
class Plan:
    """What to store, then to do, then to tell; in this order."""

    status: Status
    changes: tuple[Change, ...] = ()
    events: tuple[Event, ...] = ()
    wake_seconds: float | None = None
