"""The status of a TrainingJob: what was seen and what is intended, never what is hoped."""

from typing import Annotated, Literal

from pydantic import Field

from lsml_trainer.spec.report import Evaluation, Progress, SavedCheckpoint, SavedModel, WireModel

Phase = Literal["Pending", "Running", "Restarting", "Suspended", "Succeeded", "Failed"]
Time = Annotated[str, Field(max_length=40, json_schema_extra={"format": "date-time"})]
Text = Annotated[str, Field(max_length=2048)]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]
UNSEEN = -1
"""The observed generation of a job that no operator has seen."""


class Condition(WireModel):
    """A statement about the job that machines can wait for, as in metav1.Condition."""

    type: Annotated[str, Field(max_length=316)]
    """Complete, Failed and Suspended as of batch/v1 Job; Ready, Reconciling and Stalled as of kstatus; Degraded while
    fewer workers than workers.min are left of a job that ran.
    """
    status: Literal["True", "False", "Unknown"]
    """Whether it holds."""
    reason: Annotated[str, Field(max_length=1024)]
    """Why, in one word."""
    message: Annotated[str, Field(max_length=2048)]
    """Why, in one sentence."""
    last_transition_time: Time
    """When status last changed."""
    observed_generation: Count
    """The generation of the spec that this is about."""


class WorkerStatus(WireModel):
    """One worker that the job is meant to have."""

    index: Count
    """Its place in the team."""
    attempt: Count
    """How often its pod was replaced."""
    state: Literal["Waiting", "Creating", "Pending", "Running", "Ended"]
    """Waiting for its back-off, being created, Pending or Running as its pod, or Ended."""
    not_before: Time | None = None
    """When its pod may be created."""


class CoordinatorStatus(WireModel):
    """The pod by which the workers of a team find each other."""

    attempt: Count
    """How often its pod was replaced."""
    state: Literal["Waiting", "Creating", "Pending", "Running", "Leaving"]
    """Waiting for a second, being created, as its pod, or being taken away together with its Service."""
    not_before: Time | None = None
    """When its pod may be created."""
    address: Annotated[str, Field(max_length=64)] | None = None
    """The address of its Service, which stays when the pod is replaced."""


class Throughput(WireModel):
    """How fast so many workers trained."""

    workers: Count
    """How many they were."""
    samples_per_second: Annotated[float, Field(ge=0)]
    """Training rows read in a second, the median of a while."""


class AutoscaleStatus(WireModel):
    """How many workers pay, as far as that was measured."""

    workers: Count
    """How many there should be now."""
    replicas: Count
    """The spec's replicas when this began; another number there begins it anew."""
    efficiency: Annotated[float, Field(ge=0, le=1)]
    """The spec's efficiency when this began."""
    measured: Annotated[tuple[Throughput, ...], Field(max_length=2)] = ()
    """The last two numbers of workers that were measured, the larger one last."""
    settled: bool = False
    """Whether a further worker brought too little."""
    since: Time | None = None
    """When all of these workers were found training, or their speed was last read."""
    samples_per_second: Annotated[tuple[Annotated[float, Field(ge=0)], ...], Field(max_length=16)] = ()
    """Their speeds as they were read since."""


class StragglerStatus(WireModel):
    """A worker that holds up its team."""

    worker: Annotated[str, Field(max_length=63)]
    """Place and attempt, such as w0-0."""
    since: Time
    """When that was first seen."""
    takes: Annotated[str, Field(max_length=128)]
    """How slow it is."""


class GangStatus(WireModel):
    """How far the first workers of a strict gang are on the way to their machines."""

    formation: Count = 0
    """How often they began anew: resumed, given back, or all lost."""
    placed: bool = False
    """Whether all of them have had machines at once since then."""
    half_since: Time | None = None
    """Since when some of them have machines, and others do not."""
    given_back: Count = 0
    """How often in a row they gave their machines back."""


class WorkersStatus(WireModel):
    """The job's workers."""

    desired: Count = 0
    """How many the job is meant to have now."""
    running: Count = 0
    """How many run."""
    pending: Count = 0
    """How many wait for a machine, an image or their back-off."""
    selector: Annotated[str, Field(max_length=128)] = ""
    """Finds their pods; read by the scale subresource."""
    straggler: StragglerStatus | None = None
    """Who holds the others up; of jobs with workers.replaceStragglers."""
    gang: GangStatus | None = None
    """Of jobs with workers.gang: strict."""
    members: Annotated[tuple[WorkerStatus, ...], Field(max_length=64)] = ()
    """Each of them."""


class Restarts(WireModel):
    """How often a worker's pod was replaced, by cause."""

    crashes: Count = 0
    """It ended by itself, or was killed; counts against backoffLimit."""
    out_of_memory: Count = 0
    """It used more memory than its limit; counts against backoffLimit."""
    evictions: Count = 0
    """Its machine was taken: drained, evicted, preempted, deleted; never a failure."""
    updates: Count = 0
    """Its template was changed."""
    stragglers: Count = 0
    """It held the others up, and workers.replaceStragglers is set; never a failure."""
    coordinator: Count = 0
    """It was the coordinator's pod, for whatever reason; the team goes on meanwhile; never a failure."""


class Goodput(WireModel):
    """Where the job's time went; suspended time is in no account."""

    ratio: Annotated[float, Field(ge=0, le=1)] | None = None
    """The share of productive time."""
    productive_seconds: Seconds = 0.0
    """It trained or predicted; a program of its own that does not say how far it is ran."""
    starting_seconds: Seconds = 0.0
    """Its workers were being started, or read the data."""
    waiting_seconds: Seconds = 0.0
    """It waited for a machine, or for what somebody had to put right."""
    recovering_seconds: Seconds = 0.0
    """Too few workers were left, and it waited for others."""
    worker_seconds: Seconds = 0.0
    """Running workers times seconds."""
    updated_at: Time
    """Up to when."""


class Cost(WireModel):
    """What the running workers have cost so far, by the installation's prices."""

    amount: Annotated[float, Field(ge=0)]
    """Worker-seconds times the price of what a worker requests."""
    currency: Annotated[str, Field(max_length=8)]
    """Such as USD."""


class Summary(WireModel):
    """The columns of kubectl get."""

    workers: Annotated[str, Field(max_length=32)]
    """Running and desired workers: 1/1."""
    progress: Annotated[str, Field(max_length=32)] | None = None
    """Share of the work that is done: 63%."""
    loss: Annotated[str, Field(max_length=32)] | None = None
    """The last loss."""
    eta: Annotated[str, Field(max_length=32)] | None = None
    """Time left, at the speed of late: 2m10s."""
    goodput: Annotated[str, Field(max_length=32)] | None = None
    """Share of its time in which it trained or predicted: 93%."""
    cost: Annotated[str, Field(max_length=32)] | None = None
    """What it has cost so far: 1.25 USD."""
    restarts: Annotated[int, Field(ge=0)] = 0
    """How many of its pods were made anew, whatever the cause."""


class Status(WireModel):
    """Where the job stands, and why."""

    phase: Phase | None = None
    """For people: Pending, Running, Restarting, Suspended, Succeeded or Failed."""
    conditions: Annotated[
        tuple[Condition, ...],
        Field(
            max_length=16,
            json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
        ),
    ] = ()
    """For machines: kubectl wait --for=condition=Complete."""
    diagnosis: Text | None = None
    """One sentence: how it stands and what would help."""
    findings: Annotated[tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=2)] = ()
    """The diagnoses that are part of the sentence, each in one word and the gravest first, such as DataBound."""
    observed_generation: Annotated[int, Field(ge=UNSEEN)] | None = None
    """The generation of the spec that this status is about; -1: no operator has seen the job."""
    summary: Summary | None = None
    """The columns of kubectl get."""
    workers: WorkersStatus = WorkersStatus()
    """The job's workers."""
    autoscale: AutoscaleStatus | None = None
    """How many workers pay; of jobs with workers.autoscale."""
    coordinator: CoordinatorStatus | None = None
    """Where the workers find each other; a job that cannot have more than one worker has none."""
    restarts: Restarts = Restarts()
    """How often a worker's pod was replaced, by cause."""
    progress: Progress | None = None
    """How far training is."""
    checkpoint: SavedCheckpoint | None = None
    """Where training would go on if every worker were lost."""
    evaluation: Evaluation | None = None
    """How good the finished model is."""
    model: SavedModel | None = None
    """Where the finished model is."""
    goodput: Goodput | None = None
    """Where the job's time went."""
    cost: Cost | None = None
    """What it has cost so far; not known without prices."""
    start_time: Time | None = None
    """When the job first asked for workers, or was last resumed."""
    completion_time: Time | None = None
    """When it ended."""

    def condition(self, type_: str) -> Condition | None:
        """The condition of this type, if there is one."""
        return next((c for c in self.conditions if c.type == type_), None)

    def is_true(self, type_: str) -> bool:
        """Whether the condition of this type is there and True."""
        condition = self.condition(type_)
        return condition is not None and condition.status == "True"
