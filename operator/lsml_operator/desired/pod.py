"""What a worker's pod looks like: its program, its resources, its claims, and what its user asked for."""

import json
from typing import Any

from lsml_operator.api.status import GangStatus, WorkerStatus
from lsml_operator.desired.claims import with_claims
from lsml_operator.desired.coordinator import QUORUM_PORT, host_and_port
from lsml_operator.desired.frame import framed_pod, template_of
from lsml_operator.desired.owned import owned_metadata
from lsml_operator.desired.program import POD_IP, is_foreign, nobody_special, program, torchrun_environment
from lsml_operator.labels import ATTEMPT, GANG_GATE, GROUP, GROUP_SIZE, INDEX, QUEUE, RETRIABLE
from lsml_operator.settings import Settings
from lsml_operator.world import Job, Object
from lsml_trainer.spec import PROGRESS_PORT, TrainingSpec

TMP = "lsml-tmp"


def worker_pod(
    job: Job,
    worker: WorkerStatus,
    settings: Settings,
    coordinator: str | None = None,
    gang: GangStatus | None = None,
) -> dict[str, Any]:
    """The pod of one attempt of one worker; a member of a team knows the address of its coordinator."""
    name = f"w{worker.index}-{worker.attempt}"
    metadata = owned_metadata(job, f"{job.key.name}-{name}")
    metadata["labels"] |= {INDEX: str(worker.index), ATTEMPT: str(worker.attempt), **job.queue}
    template = template_of(job)
    mounted = with_claims(job, template)
    container = _container(job, settings, mounted.mounts)
    if coordinator is not None:
        environment = torchrun_environment if is_foreign(job) else _team_environment
        container["env"] += environment(job, name, coordinator)
    pod = framed_pod(job, metadata, container, [{"name": TMP, "emptyDir": {}}, *mounted.volumes])
    pod["spec"] |= {"restartPolicy": "Never", "terminationGracePeriodSeconds": 30}
    if "serviceAccountName" in template:  # not a coordinator's: it asks no store for anything
        pod["spec"]["serviceAccountName"] = template["serviceAccountName"]
    if gang is not None and job.spec is not None and worker.index < job.spec.workers.together:
        _join(job, pod, gang)
    return pod


def _join(job: Job, pod: dict[str, Any], gang: GangStatus) -> None:
    """Hold the pod back until its gang is placed; and have Kueue admit the gang as one."""
    assert job.spec is not None, "a job that cannot be understood has no gang"
    if not gang.placed:
        pod["spec"]["schedulingGates"] = [{"name": GANG_GATE}]
    metadata = pod["metadata"]
    if QUEUE in metadata["labels"]:
        metadata["labels"][GROUP] = group_name(job, gang)
        metadata["annotations"] |= {GROUP_SIZE: str(job.spec.workers.together), RETRIABLE: "false"}


def group_name(job: Job, gang: GangStatus) -> str:
    """Another one for each formation: Kueue is done with a group once all of its pods have ended."""
    return f"{job.key.name}-{job.key.uid[:8]}-{gang.formation}"


def _container(job: Job, settings: Settings, mounts: list[dict[str, Any]]) -> dict[str, Any]:
    template = template_of(job)
    resources = worker_resources(job.raw_spec)
    return {
        **program(job, settings),
        "env": [
            *(nobody_special() if is_foreign(job) else []),
            *map(_as_written, template.get("env", [])),
            *_environment(job, resources),
        ],
        "envFrom": template.get("envFrom", []),
        "resources": resources,
        "volumeMounts": [{"name": TMP, "mountPath": "/tmp"}, *mounts],  # noqa: S108  (the pod's own)
    }


def _environment(job: Job, resources: dict[str, Any]) -> list[dict[str, Any]]:
    limited = "cpu" in resources.get("limits", {})
    threads = {"resource": "limits.cpu" if limited else "requests.cpu"}  # rounded up by the kubelet
    told = [] if is_foreign(job) else [{"name": "LSML_SPEC", "value": _literal(training_spec(job.raw_spec))}]
    return [*told, {"name": "OMP_NUM_THREADS", "valueFrom": {"resourceFieldRef": threads}}]


def _team_environment(job: Job, name: str, coordinator: str) -> list[dict[str, Any]]:
    assert job.spec is not None, "a job that cannot be understood has no workers"
    return [
        {"name": "LSML_COORDINATOR", "value": host_and_port(coordinator, QUORUM_PORT)},
        {"name": "LSML_REPORT_TO", "value": host_and_port(coordinator, PROGRESS_PORT)},
        {"name": "LSML_SHARDS", "value": str(job.spec.shards)},
        {"name": "LSML_WORKER", "value": name},
        {"name": "LSML_TEAM_ADDRESS", "valueFrom": POD_IP},
    ]


def _as_written(variable: Object) -> Object:
    """A variable whose value arrives literally: the kubelet would put another one's value in place of $(NAME)."""
    return {**variable, "value": variable["value"].replace("$", "$$")} if "value" in variable else variable


def training_spec(raw_spec: Object) -> dict[str, Any]:
    """The part of the spec that the trainer reads, as its user wrote it."""
    names = (field.alias or name for name, field in TrainingSpec.model_fields.items())
    return {name: raw_spec[name] for name in names if name in raw_spec}


def _literal(document: dict[str, Any]) -> str:
    """JSON without a dollar sign: the kubelet would expand $(NAME) in an environment variable."""
    return json.dumps(document, sort_keys=True).replace("$", "\\u0024")


def worker_resources(raw_spec: Object) -> dict[str, Any]:
    """The limits and requests that a worker's user asked for; of cpu and memory, what he does not name is chosen to fit
    a small cluster.
    """
    asked: Object = (raw_spec.get("workers") or {}).get("resources") or {}
    limits, requests = dict(asked.get("limits") or {}), dict(asked.get("requests") or {})
    named = {*limits, *requests}
    if "cpu" not in named:
        requests["cpu"] = "500m"
    if "memory" not in named:
        requests["memory"], limits["memory"] = "1Gi", "2Gi"
    return {"limits": limits, "requests": requests}
