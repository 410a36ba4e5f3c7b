"""What a worker says of itself: on `GET /progress` while it runs, and in its termination message at the end.

The wire between trainer and operator. Unknown members are ignored, so that either side may be the newer one;
everything is bounded, since a user's code can put anything into a metric.
"""

from enum import IntEnum
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

PROGRESS_PORT = 8080
TERMINATION_MESSAGE_BYTES = 4096  # what the kubelet keeps


class Exit(IntEnum):
    """How a worker's process ends; anything else is a crash."""

    DONE = 0
    INVALID = 2
    """The specification or the data are wrong: trying again would not help."""
    DIVERGED = 3
    """The loss or the weights are not finite: trying again would not help."""
    TRY_AGAIN = 75
    """EX_TEMPFAIL of sysexits.h: something around the worker failed."""
    KILLED = 137
    """128 + SIGKILL: out of memory, or somebody's kill -9."""
    ASKED_TO_LEAVE = 143
    """128 + SIGTERM: drained, evicted, scaled down or suspended."""


class WireModel(BaseModel):
    """A frozen message in camelCase."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        alias_generator=to_camel,
        allow_inf_nan=False,
        extra="ignore",
        frozen=True,
        use_attribute_docstrings=True,
        validate_by_name=True,
        validate_by_alias=True,
    )

    def to_json(self) -> str:
        """One line of JSON, without what is not set."""
        return self.model_dump_json(by_alias=True, exclude_none=True)


Step = Annotated[int, Field(ge=0, le=2**62)]
Seconds = Annotated[float, Field(ge=0, le=1e12)]
Sentence = Annotated[str, Field(max_length=1024)]
Share = Annotated[float, Field(ge=0, le=1)]


class Metric(WireModel):
    """A named number."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,62}$")]
    """Such as loss, accuracy, r2."""
    value: float
    """A finite number; what is not finite is left out."""


Metrics = Annotated[tuple[Metric, ...], Field(max_length=16)]


class Progress(WireModel):
    """How far training is."""

    percent: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Share of the work that is done."""
    step: Step = 0
    """Steps that are done."""
    total_steps: Step | None = None
    """Steps to do, where the algorithm knows them beforehand."""
    epoch: Step | None = None
    """Passes over the training rows that are done, for algorithms that count them."""
    samples: Step | None = None
    """Training rows that were consumed, each once an epoch, for algorithms that count epochs; rows that are predicted,
    for a job that only predicts.
    """
    samples_per_second: Annotated[float, Field(ge=0, le=1e15)] | None = None
    """Rows trained with or predicted in a second, of late."""
    estimated_seconds_remaining: Seconds | None = None
    """At the speed of late."""
    metrics: Metrics = ()
    """The last values, loss first."""
    updated_at: Annotated[str, Field(max_length=40)]
    """When this was true, RFC 3339."""

    @property
    def loss(self) -> float | None:
        """The metric that is called loss."""
        return next((metric.value for metric in self.metrics if metric.name == "loss"), None)


class Evaluation(WireModel):
    """How good the finished model is."""

    metrics: Metrics
    """accuracy for classes; r2, rmse, mae for numbers."""
    rows: Annotated[int, Field(ge=0)]
    """How many rows it was measured on."""
    held_out: bool
    """Whether those rows were kept from training."""
    skipped_rows: Annotated[int, Field(ge=1)] | None = None
    """Rows of the training data that are bad and were left out, as data.onBadRow: skip allows."""


class SavedModel(WireModel):
    """Where the finished model is."""

    uri: Annotated[str, Field(max_length=1024)]
    """The job's output."""
    digest: Annotated[str, Field(max_length=80)]
    """sha256:HEX of the weights' file."""


class SavedCheckpoint(WireModel):
    """Where training would go on if every worker were lost."""

    uri: Annotated[str, Field(max_length=256)]
    """The folder of the checkpoints."""
    step: Step | None = None
    """Steps that were done when the last one was made; none yet if it is missing."""
    time: Annotated[str, Field(max_length=40)] | None = None
    """When it was made, RFC 3339."""
    bytes: Annotated[int, Field(ge=0)] | None = None
    """Its size."""


class CheckpointReport(SavedCheckpoint):
    """What a worker says of its checkpoints."""

    problem: Annotated[str, Field(max_length=256)] | None = None
    """One sentence, where the last one could not be written or one had to be skipped; training goes on."""
    seconds: Seconds | None = None
    """How long the last one took to write, while training went on."""


Stage = Literal["Starting", "LoadingData", "Training", "Predicting", "Evaluating", "Saving", "Completed"]


class TimeShares(WireModel):
    """Where a worker's time goes while it trains: shares of about the last ten seconds, together 1."""

    reading: Share = 0.0
    """It waited for its rows; of data that are streamed (data.memory)."""
    computing: Share = 0.0
    """It computed."""
    exchanging: Share = 0.0
    """It waited for what the other workers give to a sum: for the network, or for whoever is slower."""
    committing: Share = 0.0
    """It agreed with the others on who trains on, and what counts."""
    checkpointing: Share = 0.0
    """It waited for a checkpoint; the writing itself is done beside the training."""


class LossTrend(WireModel):
    """Whether the loss still falls, by its median of late."""

    late: float
    """The median of the last losses that were reported."""
    best: float
    """The lowest such median."""
    best_step: Step
    """The step at which that was last lower, by a thousandth at least."""


class Teammate(WireModel):
    """One worker of a team, as its coordinator knows it."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,63}$")]
    """Place and attempt, such as w0-0."""
    stage: Stage
    """What it is doing."""
    step: Step
    """Steps that are done."""
    step_seconds: Seconds | None = None
    """How long its own part of a step takes of late, without waiting for the others."""


class Report(WireModel):
    """All that a worker says while it runs; a coordinator says that of whoever is farthest, and who else there is."""

    stage: Stage
    """What it is doing."""
    progress: Progress
    """How far it is."""
    checkpoint: CheckpointReport | None = None
    """Once one was made, used, or could not be."""
    evaluation: Evaluation | None = None
    """Once evaluated."""
    model: SavedModel | None = None
    """Once saved."""
    step_seconds: Seconds | None = None
    """How long this worker's own part of a step takes of late, without waiting for the others."""
    time_shares: TimeShares | None = None
    """Where its time goes; of a team, that of whoever waits least for the others."""
    loss_trend: LossTrend | None = None
    """Once there are enough losses to tell."""
    peak_memory_bytes: Annotated[int, Field(ge=0, le=2**62)] | None = None
    """The most memory that it had at a time, without the page cache; of a team, the most of any worker."""
    cpus: Annotated[float, Field(ge=0, le=1e6)] | None = None
    """Processors that were busy with it, on the average of its training; of a team, the most of any worker."""
    rows: Annotated[int, Field(ge=0, le=2**62)] | None = None
    """Rows to train on."""
    skipped_rows: Annotated[int, Field(ge=0, le=2**62)] | None = None
    """Rows that are bad and left out, as data.onBadRow: skip allows."""
    team: Annotated[tuple[Teammate, ...], Field(max_length=64)] = ()
    """Who trains together; said by the coordinator of a team."""


class Ending(WireModel):
    """The termination message: why the process ended, and the last report, for whoever looked away."""

    reason: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z]{0,63}$")]
    """Completed, InvalidSpec, InvalidData, Diverged, OutputUnavailable, AskedToLeave, InternalError…"""
    message: Sentence
    """One sentence: what happened, with the value, and the remedy."""
    traceback: Annotated[str, Field(max_length=2048)] | None = None
    """The last lines, where the program itself failed."""
    report: Report | None = None
    """The last report."""
