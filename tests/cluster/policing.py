"""What the chart's policies judge: pods as the operator makes them of a job; and whether they judge yet."""

from cluster.api import Object, Refused
from cluster.space import Space
from cluster.tables import Case, job_of
from lsml_operator.api.status import CoordinatorStatus, WorkerStatus
from lsml_operator.desired.coordinator import coordinator_pod
from lsml_operator.desired.pod import worker_pod
from lsml_operator.desired.token_secret import with_token
from lsml_operator.observe.read import read_job
from lsml_operator.settings import Settings

SETTINGS = Settings(trainer_image="lsml/trainer:test")
OWN_VOLUMES = {"name", "emptyDir", "secret", "configMap", "persistentVolumeClaim"}
"""What there is in volumes of pods that have no more power than others."""


def judges(space: Space, cases: dict[str, Case]) -> bool:
    """Whether one of these is refused here by now."""
    job = job_of(next(iter(cases.values()))) | {"metadata": {"name": "asked"}}
    try:
        space.create(job, dry_run=True)
    except Refused:
        return True
    return False


def pods_of(stored: Object) -> list[Object]:
    """A worker's and a coordinator's."""
    job = read_job({**stored, "metadata": {"resourceVersion": "1", **stored["metadata"]}})
    worker = WorkerStatus.model_validate({"index": 0, "attempt": 0, "state": "Creating"})
    coordinator = CoordinatorStatus.model_validate({"attempt": 0, "state": "Creating"})
    return [worker_pod(job, worker, SETTINGS, "10.96.0.7"), coordinator_pod(job, coordinator, SETTINGS)]


def tokened(pod: Object) -> Object:
    """As the operator makes it, which knows the job's token."""
    return dict(with_token(pod, "iris-token-0", SETTINGS))
