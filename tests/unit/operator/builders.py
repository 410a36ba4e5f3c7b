"""Jobs, pods and worlds for tests: each argument is one thing that a test is about, the rest is unremarkable.

`a_job`, `a_pod`, `a_world` build the operator's own words; `a_job_body` and `a_pod_body` what the API server sends.
Times are given in seconds before NOW.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from lsml_operator.api import API_VERSION, KIND
from lsml_operator.api.status import Condition, CoordinatorStatus, Restarts, Status, WorkersStatus, WorkerStatus
from lsml_operator.api.training_job import TrainingJobSpec
from lsml_operator.job_token import secret_name
from lsml_operator.labels import ATTEMPT, COMPONENT, COORDINATOR, INDEX, JOB, TEMPLATE_HASH
from lsml_operator.settings import Settings
from lsml_operator.template_hash import template_hash
from lsml_operator.world import Job, JobKey, Pod, Refusal, World
from lsml_trainer.spec import (
    CheckpointReport,
    Ending,
    Evaluation,
    InvalidSpec,
    Metric,
    Progress,
    Report,
    SavedModel,
    parse,
)

NOW = datetime(2025, 6, 1, 12, 0, 0, tzinfo=UTC)
NOW_STAMP = "2025-06-01T12:00:00Z"
KEY = JobKey("team", "iris", "uid-iris")
TOKEN_KEY = bytes(range(32))
TOKEN_SECRET = secret_name(TOKEN_KEY, KEY)
SETTINGS = Settings("lsml/trainer:test", namespace="lsml-system", identity="operator-0", token_key=TOKEN_KEY)

Json = dict[str, Any]


def ago(seconds: float) -> str:
    """A stamp so many seconds before NOW; negative: after it."""
    return (NOW - timedelta(seconds=seconds)).isoformat(timespec="seconds").replace("+00:00", "Z")


# Specs


def a_spec(
    *,
    deadline_s: int | None = None,
    ttl_s: int | None = None,
    backoff_limit: int | None = None,
    suspend: bool | None = None,
    output: str | None = None,
    template: Json | None = None,
    resources: Json | None = None,
    algorithm: Json | None = None,
    replicas: int | None = None,
    least: int | None = None,
    most: int | None = None,
    gang: str | None = None,
    patience_s: int | None = None,
    efficiency: float | None = None,
    replace_stragglers: bool | None = None,
    checkpoint: Json | None = None,
    data: Json | None = None,
) -> Json:
    """A spec as its author writes it: iris, with a linear SVM."""
    numbers = {
        "replicas": replicas,
        "min": least,
        "max": most,
        "gang": gang,
        "gangPatienceSeconds": patience_s,
        "replaceStragglers": replace_stragglers,
    }
    autoscale = None if efficiency is None else {"efficiency": efficiency}
    workers = {
        name: value
        for name, value in {"template": template, "resources": resources, "autoscale": autoscale, **numbers}.items()
        if value is not None
    }
    optional = {
        "activeDeadlineSeconds": deadline_s,
        "ttlSecondsAfterFinished": ttl_s,
        "backoffLimit": backoff_limit,
        "suspend": suspend,
        "output": output,
        "checkpoint": checkpoint,
        "workers": workers or None,
    }
    return {
        "algorithm": algorithm or {"svm": {"kernel": "linear"}},
        "data": {"train": {"uri": "builtin://iris"}, **(data or {})},
        **{name: value for name, value in optional.items() if value is not None},
    }


# Statuses


def a_worker(
    attempt: int = 0, state: str = "Running", *, index: int = 0, not_before: str | None = None
) -> WorkerStatus:
    return WorkerStatus.model_validate({"index": index, "attempt": attempt, "state": state, "notBefore": not_before})


def a_coordinator(attempt: int = 0, state: str = "Running", **fields: Any) -> CoordinatorStatus:
    return CoordinatorStatus.model_validate({"attempt": attempt, "state": state, "address": "10.96.0.7", **fields})


def a_condition(
    type_: str, reason: str, *, holds: bool = True, message: str = "why", since: str = NOW_STAMP
) -> Condition:
    return Condition(
        type=type_,
        status="True" if holds else "False",
        reason=reason,
        message=message,
        last_transition_time=since,
        observed_generation=1,
    )


def a_status(
    *workers: WorkerStatus,
    phase: str | None = None,
    reason: str = "Running",
    message: str = "training",
    started_s: float | None = None,
    ended_s: float | None = None,
    restarts: Mapping[str, int] | None = None,
    conditions: tuple[Condition, ...] | None = None,
    **fields: Any,
) -> Status:
    """A stored status. Its Ready condition says the phase, the reason and the message, unless conditions are given."""
    if phase:
        fields = {"diagnosis": message, **fields}
    if conditions is None:
        held = phase in ("Running", "Suspended", "Succeeded")
        conditions = (a_condition("Ready", reason, holds=held, message=message),) if phase else ()
    return Status(
        phase=phase,
        conditions=conditions,
        workers=WorkersStatus(desired=len(workers), members=workers),
        restarts=Restarts(**restarts or {}),
        start_time=None if started_s is None else ago(started_s),
        completion_time=None if ended_s is None else ago(ended_s),
        **fields,
    )


def a_succeeded_status(*, ended_s: float = 0) -> Status:
    said = "every worker is done"
    conditions = (a_condition("Complete", "Completed", message=said, since=ago(ended_s)),)
    return a_status(phase="Succeeded", message=said, ended_s=ended_s, started_s=ended_s + 60, conditions=conditions)


# Jobs and pods


def a_job(
    status: Status | None = None,
    *,
    raw_spec: Json | None = None,
    key: JobKey = KEY,
    generation: int = 1,
    deleting: bool = False,
    **spec: Any,
) -> Job:
    """A job as the cache keeps it; `spec` as for `a_spec`."""
    raw = a_spec(**spec) if raw_spec is None else raw_spec
    understood, invalid = None, None
    try:
        understood = parse(TrainingJobSpec, raw)
    except InvalidSpec as mistake:
        invalid = str(mistake)
    return Job(key, generation, "100", raw, understood, invalid, status or Status(), deleting)


def a_pod(
    attempt: int = 0,
    phase: str = "Running",
    *,
    index: int = 0,
    age_s: float = 60,
    made_from: Json | None = None,
    **fields: Any,
) -> Pod:
    """A worker's pod; `made_from` is the spec whose template it has."""
    return Pod(
        **{
            "name": f"{KEY.name}-w{index}-{attempt}",
            "uid": f"uid-w{index}-{attempt}",
            "index": index,
            "attempt": attempt,
            "phase": phase,
            "created": NOW - timedelta(seconds=age_s),
            "template_hash": template_hash(made_from or a_spec(), {}),
            "token": TOKEN_SECRET,
            **fields,
        }
    )


def a_coordinators_pod(attempt: int = 0, phase: str = "Running", **fields: Any) -> Pod:
    names = {"name": f"{KEY.name}-coordinator-{attempt}", "uid": f"uid-coordinator-{attempt}"}
    return a_pod(attempt, phase, **{**names, "coordinates": True, **fields})


def an_ended_pod(exit_code: int | None, attempt: int = 0, *, said: Ending | str | None = None, **fields: Any) -> Pod:
    """A pod that is over; `said` is its termination message."""
    message = said.to_json() if isinstance(said, Ending) else said
    phase = "Succeeded" if exit_code == 0 else "Failed"
    return a_pod(attempt, **{"phase": phase, "exit_code": exit_code, "container_message": message, **fields})


def a_world(
    status: Status | None = None,
    *seen: Pod,
    pods: tuple[Pod, ...] = (),
    now: datetime = NOW,
    job: Job | None = None,
    report: Report | None = None,
    refusals: tuple[Refusal, ...] = (),
    address: str | None = None,
    nodes: Mapping[str, Mapping[str, str]] | None = None,
    token: str | None = TOKEN_SECRET,
    **spec: Any,
) -> World:
    """All that is known of one job; `spec` as for `a_spec`."""
    workers = tuple(pod for pod in (*seen, *pods) if not pod.coordinates)
    coordinators = tuple(pod for pod in (*seen, *pods) if pod.coordinates)
    return World(
        now, job or a_job(status, **spec), workers, coordinators, report, refusals, address, nodes or {}, token
    )


# What workers say


def a_progress(
    *, percent: float = 50, step: int = 500, said_s: float = 0, loss: float | None = 0.25, **fields: Any
) -> Progress:
    metrics = () if loss is None else (Metric(name="loss", value=loss),)
    return Progress(**{"percent": percent, "step": step, "updated_at": ago(said_s), "metrics": metrics, **fields})


def a_report(stage: str = "Training", *, progress: Progress | None = None, **fields: Any) -> Report:
    return Report(stage=stage, progress=progress or a_progress(), **fields)


def a_finished_report() -> Report:
    return a_report(
        "Completed",
        progress=a_progress(percent=100, step=1000, loss=0.125),
        evaluation=Evaluation(metrics=(Metric(name="accuracy", value=0.96875),), rows=32, held_out=True),
        checkpoint=CheckpointReport(uri="pvc://models/state", step=900, time="2025-06-01T12:00:00Z", bytes=4096),
        model=SavedModel(uri="pvc://models/iris", digest="sha256:abc"),
    )


def an_ending(reason: str = "Completed", message: str = "1000 steps done", **fields: Any) -> Ending:
    return Ending(reason=reason, message=message, **fields)


# What the API server sends


def a_job_body(
    *, version: int = 100, key: JobKey = KEY, status: Json | None = None, raw_spec: Json | None = None, **metadata: Any
) -> Json:
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {
            "namespace": key.namespace,
            "name": key.name,
            "uid": key.uid,
            "resourceVersion": str(version),
            "generation": 1,
            **metadata,
        },
        "spec": raw_spec or a_spec(),
        **({"status": status} if status is not None else {}),
    }


def a_pod_body(
    attempt: int = 0,
    phase: str = "Running",
    *,
    index: int = 0,
    uid: str | None = None,
    owner: str | None = KEY.uid,
    job: str = KEY.name,
    namespace: str = KEY.namespace,
    ip: str | None = "10.0.0.1",
    created: str = "2025-06-01T11:59:00Z",
    terminated: Json | None = None,
    waiting: Json | None = None,
    status: Json | None = None,
    spec: Json | None = None,
    **metadata: Any,
) -> Json:
    """A worker's pod; `owner` is the UID of the job that controls it."""
    state = {"terminated": terminated} if terminated else {"waiting": waiting} if waiting else {"running": {}}
    owners = [{"apiVersion": API_VERSION, "kind": KIND, "name": job, "uid": owner, "controller": True}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "namespace": namespace,
            "name": f"{job}-w{index}-{attempt}",
            "uid": uid or f"uid-w{index}-{attempt}",
            "resourceVersion": "200",
            "creationTimestamp": created,
            "labels": {JOB: job, INDEX: str(index), ATTEMPT: str(attempt)},
            "annotations": {TEMPLATE_HASH: template_hash(a_spec(), {})},
            "ownerReferences": owners if owner else [],
            **metadata,
        },
        "spec": {"volumes": [{"name": "lsml-token", "secret": {"secretName": TOKEN_SECRET}}], **(spec or {})},
        "status": {
            "phase": phase,
            **({"podIP": ip} if ip else {}),
            "containerStatuses": [{"name": "worker", "state": state}],
            **(status or {}),
        },
    }


def a_coordinator_body(attempt: int = 0, phase: str = "Running", **fields: Any) -> Json:
    labels = {JOB: KEY.name, COMPONENT: COORDINATOR, ATTEMPT: str(attempt)}
    name, uid = f"{KEY.name}-coordinator-{attempt}", f"uid-coordinator-{attempt}"
    return a_pod_body(attempt, phase, **{"name": name, "uid": uid, "labels": labels, "ip": "10.0.0.9", **fields})
