"""What every pod of a job has: restricted Pod Security, no token, a read-only root, the place its user asked for."""

from collections.abc import Sequence
from typing import Any

from lsml_operator.desired.disruption import disruption_annotations
from lsml_operator.labels import TEMPLATE_HASH
from lsml_operator.settings import Settings
from lsml_operator.template_hash import template_hash
from lsml_operator.world import Job, Object

USER_ID = 65532
NODE_LOST_SECONDS = 30
"""How long a member of a team is waited for when its node does not answer; the others go on without it meanwhile."""

# Template fields that are fields of a pod's spec of the same name.
_PLACEMENT = (
    "nodeSelector",
    "affinity",
    "priorityClassName",
    "runtimeClassName",
    "imagePullSecrets",
)
_NODE_LOST = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def template_of(job: Job) -> Object:
    """What the user adds to the pods."""
    template: Object = (job.raw_spec.get("workers") or {}).get("template") or {}
    return template


def framed_pod(job: Job, metadata: dict[str, Any], container: Object, volumes: Sequence[Object]) -> dict[str, Any]:
    """A pod of one container; the labels in `metadata` outweigh the template's."""
    template = template_of(job)
    labels = {**template.get("labels", {}), **metadata["labels"]}
    asked = {**disruption_annotations(job), **template.get("annotations", {})}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            **metadata,
            "labels": labels,
            "annotations": {**asked, TEMPLATE_HASH: template_hash(job.raw_spec, job.queue)},
        },
        "spec": {
            **{field: template[field] for field in _PLACEMENT if field in template},
            **_tolerations(job, template),
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": USER_ID,
                "runAsGroup": USER_ID,
                "fsGroup": USER_ID,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [container],
            "volumes": volumes,
        },
    }


def framed_container(name: str, settings: Settings) -> dict[str, Any]:
    """The trainer's image, with no rights."""
    return {
        "name": name,
        "image": settings.trainer_image,
        "imagePullPolicy": settings.trainer_pull_policy,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        # Whatever ends without its own last words (a crash of the interpreter) leaves the end of its log.
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }


def _tolerations(job: Job, template: Object) -> dict[str, Any]:
    """The user's; and of a team, less patience with a lost node than the cluster's five minutes.

    A worker alone is waited for as the cluster does it: nobody goes on in its place.
    """
    asked = list(template.get("tolerations", []))
    if job.spec is not None and job.spec.workers.are_a_team:
        named = {toleration.get("key") for toleration in asked}
        asked += [
            {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": NODE_LOST_SECONDS}
            for key in _NODE_LOST
            if key not in named
        ]
    return {"tolerations": asked} if asked else {}
