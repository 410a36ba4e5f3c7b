"""Plain Kubernetes objects -> the operator's words. Pure; whatever is missing or strange is read as absent."""

from datetime import datetime
from typing import Any

from pydantic import ValidationError

from lsml_operator.api.status import Status
from lsml_operator.api.training_job import TrainingJobSpec
from lsml_operator.labels import (
    ATTEMPT,
    CARRIED,
    COMPONENT,
    CONTAINER,
    COORDINATOR,
    GROUP,
    INDEX,
    QUEUE,
    TEMPLATE_HASH,
    TOKEN_VOLUME,
)
from lsml_operator.world import Job, JobKey, Object, Pod
from lsml_trainer.spec import InvalidSpec, parse


def key_of(body: Object) -> JobKey:
    """The key of a TrainingJob."""
    metadata = body["metadata"]
    return JobKey(metadata["namespace"], metadata["name"], metadata["uid"])


def read_job(body: Object) -> Job:
    """A TrainingJob; one that cannot be understood carries the reason instead of a spec."""
    spec, invalid = None, None
    raw_spec = body.get("spec") or {}
    try:
        spec = parse(TrainingJobSpec, raw_spec)
    except InvalidSpec as mistake:
        invalid = str(mistake)
    metadata = body["metadata"]
    return Job(
        key=key_of(body),
        generation=metadata.get("generation", 0),
        resource_version=metadata["resourceVersion"],
        raw_spec=raw_spec,
        spec=spec,
        invalid=invalid,
        status=_status(body.get("status")),
        deleting="deletionTimestamp" in metadata,
        queue={name: value for name, value in (metadata.get("labels") or {}).items() if name in CARRIED},
    )


def _status(stored: Object | None) -> Status:
    """The stored status; one that another version wrote in other words counts as none."""
    try:
        return Status.model_validate(stored or {})
    except ValidationError:
        return Status()


def read_pod(body: Object) -> Pod | None:
    """A worker's or coordinator's pod; None for a pod that carries the job's label but is neither."""
    metadata, status = body["metadata"], body.get("status") or {}
    labels = metadata.get("labels") or {}
    coordinates = labels.get(COMPONENT) == COORDINATOR
    index, attempt = "0" if coordinates else labels.get(INDEX, ""), labels.get(ATTEMPT, "")
    if not (index.isdecimal() and attempt.isdecimal()):
        return None
    containers = {container["name"]: container for container in status.get("containerStatuses") or []}
    container: Object = containers.get(COORDINATOR if coordinates else CONTAINER, {})
    state: dict[str, Any] = container.get("state") or {}
    terminated = state.get("terminated") or {}
    detail = terminated or state.get("waiting") or {}
    conditions = {condition["type"]: condition for condition in status.get("conditions") or []}
    return Pod(
        name=metadata["name"],
        uid=metadata["uid"],
        index=int(index),
        attempt=int(attempt),
        phase=status.get("phase", "Pending"),
        created=read_time(metadata["creationTimestamp"]),
        template_hash=(metadata.get("annotations") or {}).get(TEMPLATE_HASH),
        coordinates=coordinates,
        node=(body.get("spec") or {}).get("nodeName"),
        node_is_silent=_is_silent(conditions),
        scheduled="nodeName" in (body.get("spec") or {}) or status.get("phase", "Pending") != "Pending",
        deleting="deletionTimestamp" in metadata,
        ip=status.get("podIP"),
        exit_code=terminated.get("exitCode"),
        container_reason=detail.get("reason"),
        container_message=detail.get("message"),
        pod_reason=status.get("reason"),
        disruption=_disruption(conditions),
        unschedulable=_message_if(conditions.get("PodScheduled"), "False"),
        gates=tuple(gate["name"] for gate in (body.get("spec") or {}).get("schedulingGates") or []),
        queue=labels.get(QUEUE),
        group=labels.get(GROUP),
        token=_token(body),
    )


def _is_silent(conditions: dict[str, Object]) -> bool:
    """Whether Ready was taken from a pod whose containers are ready: by the cluster, for a node that it does not hear.

    The kubelet takes Ready only together with ContainersReady, as long as a pod has no readiness gates.
    """
    return [conditions.get(kind, {}).get("status") for kind in ("Ready", "ContainersReady")] == ["False", "True"]


def _disruption(conditions: dict[str, Object]) -> str | None:
    """Why its machine is taken from it: the cluster's reason, or Kueue's words, which takes back what it admitted."""
    if (by_cluster := conditions.get("DisruptionTarget", {})).get("status") == "True":
        return str(by_cluster.get("reason", ""))
    if (by_kueue := conditions.get("TerminationTarget", {})).get("status") == "True":
        return f"Kueue took it back: {by_kueue.get('message') or by_kueue.get('reason', '')}"
    return None


def _token(body: Object) -> str | None:
    volumes = {volume["name"]: volume for volume in (body.get("spec") or {}).get("volumes") or []}
    name: str | None = (volumes.get(TOKEN_VOLUME, {}).get("secret") or {}).get("secretName")
    return name


def _message_if(condition: Object | None, status: str) -> str | None:
    """None, too, of a pod that no scheduler has looked at, since it is held back by a gate."""
    if condition is None or condition.get("status") != status or condition.get("reason") == "SchedulingGated":
        return None
    return str(condition.get("message", ""))


def read_time(text: str) -> datetime:
    """A time as Kubernetes writes it."""
    return datetime.fromisoformat(text)
