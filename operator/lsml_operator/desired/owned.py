"""What every object of a job has in common: its owner, and the labels that find it."""

from typing import Any

from lsml_operator.api import API_VERSION, KIND
from lsml_operator.labels import COMPONENT, JOB, MANAGED_BY, MANAGER, WORKER
from lsml_operator.world import Job


def owned_metadata(job: Job, name: str, component: str = WORKER) -> dict[str, Any]:
    """Metadata of a child: garbage collection deletes it with the job, and with this very job only."""
    return {
        "name": name,
        "namespace": job.key.namespace,
        "labels": {
            "app.kubernetes.io/name": "lsml",
            COMPONENT: component,
            "app.kubernetes.io/instance": job.key.name,
            MANAGED_BY: MANAGER,
            JOB: job.key.name,
        },
        "ownerReferences": [
            {"apiVersion": API_VERSION, "kind": KIND, "name": job.key.name, "uid": job.key.uid, "controller": True}
        ],
    }
