"""A pod that holds a claim open for a moment, so that a person can copy a model out of it. Pure."""

from typing import Any

from lsml_operator.labels import CONTAINER
from lsml_operator.world import Object

READER = "reader"
LIVES_SECONDS = 900
"""Nobody who was cut off leaves one behind for longer."""
_WAITS = ["python", "-c", f"import time; time.sleep({LIVES_SECONDS})"]
_PACKS = (
    "import sys, tarfile; packed = tarfile.open(fileobj=sys.stdout.buffer, mode='w|'); packed.add(sys.argv[1], '.'); "
    "packed.close()"
)
_MOUNT = "/model"
_PLACED = ("nodeSelector", "tolerations", "affinity", "imagePullSecrets", "priorityClassName", "securityContext")
"""As the worker was, whose claim and whose image it has."""


def reader_pod(job: Object, worker: Object, name: str, claim: str, node: str | None = None) -> dict[str, Any]:
    """Of the job, so that it goes with it at the latest; placed and confined as the worker's pod.

    `node` is where it has to be, whatever the worker preferred.
    """
    metadata, of_worker = job["metadata"], worker["spec"]
    owner = {"apiVersion": job["apiVersion"], "kind": job["kind"], "name": metadata["name"], "uid": metadata["uid"]}
    (container,) = [one for one in of_worker["containers"] if one["name"] == CONTAINER]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": metadata["namespace"], "ownerReferences": [owner]},
        "spec": {
            **{field: of_worker[field] for field in _PLACED if field in of_worker},
            **({"affinity": _on(node)} if node else {}),
            "activeDeadlineSeconds": LIVES_SECONDS,
            "automountServiceAccountToken": False,
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
            "containers": [
                {
                    "name": READER,
                    "image": container["image"],
                    "imagePullPolicy": container.get("imagePullPolicy", "IfNotPresent"),
                    "command": _WAITS,
                    "securityContext": container["securityContext"],
                    "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "256Mi"}},
                    "volumeMounts": [{"name": "model", "mountPath": _MOUNT, "readOnly": True}],
                }
            ],
            "volumes": [{"name": "model", "persistentVolumeClaim": {"claimName": claim, "readOnly": True}}],
        },
    }


def _on(node: str) -> dict[str, Any]:
    """Unlike spec.nodeName this leaves it to the scheduler whether the pod fits."""
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}


def packing(folder: str) -> list[str]:
    """The command in the pod that writes the claim's folder to its output, as tar does."""
    return ["python", "-c", _PACKS, f"{_MOUNT}/{folder}"]
