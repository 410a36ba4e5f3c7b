"""Who may talk to a job's pods: each other, the operator, and whom the installation names; and with whom they may."""

from typing import Any

from lsml_operator.desired.owned import owned_metadata
from lsml_operator.labels import JOB
from lsml_operator.settings import Settings
from lsml_operator.world import Job
from lsml_trainer.spec import PROGRESS_PORT


def network_policy(job: Job, settings: Settings) -> dict[str, Any]:
    """Lets in the same job's pods, the operator where it asks for the progress, and whom the installation names.

    Out to the same job's pods and to what the installation names; to everybody if it names nothing.
    """
    same_job = {"podSelector": {"matchLabels": {JOB: job.key.name}}}
    operator = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": settings.namespace}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "lsml", "app.kubernetes.io/component": "operator"}},
    }
    spec: dict[str, Any] = {
        **same_job,
        "policyTypes": ["Ingress"],
        "ingress": [
            {"from": [same_job]},
            {"from": [operator], "ports": [{"port": PROGRESS_PORT, "protocol": "TCP"}]},
            *settings.ingress,
        ],
    }
    if settings.egress is not None:
        spec |= {"policyTypes": ["Ingress", "Egress"], "egress": [{"to": [same_job]}, *settings.egress]}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": owned_metadata(job, f"{job.key.name}-workers"),
        "spec": spec,
    }
