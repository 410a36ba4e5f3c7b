"""What a TrainingJob will make and take, as far as that can be known before it runs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from lsml_operator.api.status import CoordinatorStatus, Status, WorkerStatus
from lsml_operator.api.training_job import TrainingJobSpec
from lsml_operator.cli.quantities import added
from lsml_operator.desired.coordinator import coordinator_pod
from lsml_operator.desired.pod import worker_pod
from lsml_operator.settings import Settings
from lsml_operator.world import Job, JobKey, Object
from lsml_trainer.spec import parse

FLOAT_BYTES = {"float32": 4, "float64": 8}
BUILTIN_SHAPES = {
    "iris": (150, 4),
    "wine": (178, 13),
    "breast_cancer": (569, 30),
    "digits": (1797, 64),
    "diabetes": (442, 10),
}
"""Rows and features."""


@dataclass(frozen=True)
class Plan:
    """What is known of a job that does not run yet."""

    name: str
    spec: TrainingJobSpec
    worker: Object
    """The resources of one worker, as its pod will have them."""
    coordinator: Object | None
    """Those of the coordinator; None where there is none."""
    claims: Mapping[str, bool]
    """The claims that are mounted, and whether they are only read."""
    shape: tuple[int, int] | None
    """Rows and features of the data; None where nobody has said and they are not built in."""
    dtype: str
    """Of the features: made rows are float32; files are taken to hold float64, as CSV does."""

    def requests_of(self, workers: int) -> dict[str, Fraction]:
        """What is kept free on the machines for so many workers, and the coordinator."""
        total: dict[str, Fraction] = {}
        for resources, times in ((self.worker, workers), (self.coordinator, 1)):
            if resources:
                total = added(requested(resources), times, total)
        return total

    @property
    def data_bytes(self) -> int | None:
        """What the features take in memory, all at once."""
        return None if self.shape is None else self.shape[0] * self.shape[1] * FLOAT_BYTES[self.dtype]


def requested(resources: Object) -> dict[str, int | str]:
    """A container's requests; what is only limited is requested as much as it is limited."""
    return {**(resources.get("limits") or {}), **(resources.get("requests") or {})}


def plan_of(name: str, raw_spec: dict[str, Any], shape: tuple[int, int] | None) -> Plan:
    """The plan of a job whose specification is right; the pods are those that the operator will make."""
    spec = parse(TrainingJobSpec, raw_spec)
    job = Job(JobKey("", name, ""), 1, "", raw_spec, spec, None, Status(), False)
    settings = Settings(trainer_image="")
    pod = worker_pod(job, WorkerStatus(index=0, attempt=0, state="Creating"), settings)
    coordinator = None
    if spec.has_coordinator:
        coordinator = coordinator_pod(job, CoordinatorStatus(attempt=0, state="Creating"), settings)
    return Plan(
        name=name,
        spec=spec,
        worker=_resources(pod),
        coordinator=_resources(coordinator) if coordinator else None,
        claims=_claims(pod),
        shape=shape or _known_shape(spec),
        dtype="float32" if spec.data and spec.data.train.synthetic else "float64",
    )


def _known_shape(spec: TrainingJobSpec) -> tuple[int, int] | None:
    if not spec.data:
        return None
    train = spec.data.train
    if train.synthetic is not None:
        return train.synthetic.rows, train.synthetic.features
    return BUILTIN_SHAPES.get((train.uri or "").removeprefix("builtin://"))


def _resources(pod: Object) -> Object:
    found: Object = pod["spec"]["containers"][0]["resources"]
    return found


def _claims(pod: Object) -> dict[str, bool]:
    volumes = (volume.get("persistentVolumeClaim") for volume in pod["spec"]["volumes"])
    return {claim["claimName"]: bool(claim.get("readOnly")) for claim in volumes if claim}
