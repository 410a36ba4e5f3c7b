"""What a coordinator's pod and its Service look like: where the workers of a team find each other."""

from typing import Any

from lsml_operator.api.status import CoordinatorStatus
from lsml_operator.desired.frame import framed_container, framed_pod
from lsml_operator.desired.owned import owned_metadata
from lsml_operator.labels import ATTEMPT, COMPONENT, COORDINATOR, JOB
from lsml_operator.settings import Settings
from lsml_operator.world import Job
from lsml_trainer.spec import PROGRESS_PORT

QUORUM_PORT = 29510
_PORTS = {"quorum": QUORUM_PORT, "progress": PROGRESS_PORT}
_RESOURCES = {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}}
_STORE_RESOURCES = {"requests": {"cpu": "50m", "memory": "256Mi"}, "limits": {"memory": "512Mi"}}
"""The store of torchrun comes with all of torch."""


def service_name(job_name: str) -> str:
    """The name of the Service; also what the names of the pods begin with."""
    return f"{job_name}-coordinator"


def coordinator_service(job: Job) -> dict[str, Any]:
    """An address that stays when the pod is replaced; workers know it as a number, so it needs no DNS."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": owned_metadata(job, service_name(job.key.name), COORDINATOR),
        "spec": {
            "selector": {JOB: job.key.name, COMPONENT: COORDINATOR},
            "ports": [{"name": name, "port": port, "targetPort": port} for name, port in _PORTS.items()],
        },
    }


def coordinator_pod(job: Job, coordinator: CoordinatorStatus, settings: Settings) -> dict[str, Any]:
    """The pod of one attempt; the kubelet starts its container again by itself, also while the operator is away."""
    assert job.spec is not None, "a job that cannot be understood has no coordinator"
    stores = job.spec.container is not None
    metadata = owned_metadata(job, f"{service_name(job.key.name)}-{coordinator.attempt}", COORDINATOR)
    metadata["labels"] |= {ATTEMPT: str(coordinator.attempt)}
    container = {
        **framed_container(COORDINATOR, settings),
        "args": ["coordinator", *(["--store"] if stores else [])],
        "env": [
            {"name": "LSML_COORDINATOR_PORT", "value": str(QUORUM_PORT)},
            {"name": "LSML_MIN_WORKERS", "value": str(job.spec.workers.min)},
        ],
        "ports": [{"name": name, "containerPort": port} for name, port in _PORTS.items()],
        "resources": _STORE_RESOURCES if stores else _RESOURCES,
    }
    pod = framed_pod(job, metadata, container, volumes=[])
    pod["spec"] |= {"restartPolicy": "Always", "terminationGracePeriodSeconds": 1}
    return pod


def host_and_port(address: str, port: int) -> str:
    """As in a URL."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
