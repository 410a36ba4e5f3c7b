"""Builders of what tests submit, and the few questions that they ask of objects. Pure."""

import copy
import json
from typing import Any

from cluster.api import Object

API_VERSION = "lsml.dev/v1alpha1"
NO_RESTARTS = {"crashes": 0, "outOfMemory": 0, "evictions": 0, "updates": 0, "stragglers": 0, "coordinator": 0}
"""In the status of a job that lost nobody."""

UNSEEN = {"observedGeneration": -1}
"""The status of a job that no operator has seen."""

SVM = {"svm": {"kernel": "linear", "C": 1.0}}
GRADIENT_DESCENT = {"gradientDescent": {"loss": "mse"}}
SGD = {"sgd": {"loss": "mse"}}
A_CONTAINER = {"container": {"image": "registry/theirs:1"}}
MLP = {"deepLearning": {"network": {"mlp": {"hidden": [8]}}, "optimizer": {"adam": {}}}}


def a_job(name: str = "iris", *, algorithm: Object = SVM, **spec: Any) -> Object:
    """A small job that the API server takes; further fields of its spec by their names in a file."""
    own_data = "container" in algorithm  # and no other may be said
    required = {"algorithm": algorithm} | ({} if own_data else {"data": {"train": {"uri": "builtin://iris"}}})
    return {
        "apiVersion": API_VERSION,
        "kind": "TrainingJob",
        "metadata": {"name": name},
        "spec": copy.deepcopy(required | spec),
    }


def an_svm(**parameters: Any) -> Object:
    """The algorithm with these hyperparameters."""
    return {"svm": parameters}


def with_template(**template: Any) -> Object:
    """The workers' part of a spec with this template."""
    return {"template": template}


def a_namespace(name: str) -> Object:
    """A namespace that takes restricted pods only: what the operator makes must be that."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def a_strangers_pod(name: str) -> Object:
    """A pod that has nothing to do with any job."""
    restricted = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"containers": [{"name": "own", "image": "own", "securityContext": restricted}]},
    }


def an_account(name: str, namespace: str) -> Object:
    """A ServiceAccount."""
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}


def without_pods() -> Object:
    """A quota that leaves no room for a pod."""
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "none"},
        "spec": {"hard": {"pods": "0"}},
    }


def an_ending(reason: str, message: str, **more: Any) -> str:
    """A worker's termination message."""
    return json.dumps({"reason": reason, "message": message, **more})


def a_report(stage: str = "Training", percent: float = 0.0, **more: Any) -> Object:
    """What a worker says on GET /progress."""
    progress = {
        "percent": percent,
        "step": int(percent),
        "metrics": [{"name": "loss", "value": 0.25}],
        "updatedAt": "2026-01-01T00:00:00Z",
    }
    return {"stage": stage, "progress": progress, **more}


def done() -> str:
    """The termination message of a worker that trained its model."""
    report = a_report(
        "Completed",
        percent=100.0,
        evaluation={"metrics": [{"name": "accuracy", "value": 0.9667}], "rows": 30, "heldOut": True},
        model={"uri": "pvc://models/iris", "digest": "sha256:" + "0" * 64},
    )
    return an_ending("Completed", "accuracy 0.9667 on 30 rows that were held out", report=report)


def condition(obj: Object, type_: str) -> Object:
    """The condition of this type; empty where there is none."""
    conditions = obj.get("status", {}).get("conditions", [])
    return next((found for found in conditions if found["type"] == type_), {})


def reason(job: Object) -> str:
    """Why the job stands as it does."""
    found: str = condition(job, "Ready").get("reason", "")
    return found


def phase(obj: Object) -> str:
    """The phase of a job or a pod, empty where there is none yet."""
    found: str = obj.get("status", {}).get("phase", "")
    return found


def has_ended(pod: Object) -> bool:
    """Whether a pod will do nothing more."""
    return phase(pod) in ("Succeeded", "Failed")


def name_of(obj: Object) -> str:
    """An object's name."""
    name: str = obj["metadata"]["name"]
    return name


def uid_of(obj: Object) -> str:
    """An object's UID."""
    uid: str = obj["metadata"]["uid"]
    return uid
