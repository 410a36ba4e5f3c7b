"""Who may talk to a job's pods: each other, and the operator."""

from typing import Any

from lsml_operator.desired.owned import owned_metadata
from lsml_operator.labels import JOB
from lsml_operator.world import Job


def network_policy(job: Job, operator_namespace: str) -> dict[str, Any]:
    """Lets in the same job's pods and the operator's, and nobody else."""
    same_job = {"podSelector": {"matchLabels": {JOB: job.key.name}}}
    operator = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": operator_namespace}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "lsml", "app.kubernetes.io/component": "operator"}},
    }
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": owned_metadata(job, f"{job.key.name}-workers"),
        "spec": {
            "podSelector": {"matchLabels": {JOB: job.key.name}},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [same_job, operator]}],
        },
    }
