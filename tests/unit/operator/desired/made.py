"""Pods as the operator would make them of a job."""

from typing import Any

from lsml_operator.desired.pod import worker_pod
from unit.operator.builders import SETTINGS, Json, a_job, a_worker

TMP: Json = {"name": "lsml-tmp", "mountPath": "/tmp"}  # noqa: S108  a mount point in the pod


def pod(**spec: Any) -> Json:
    return worker_pod(a_job(**spec), a_worker(2, "Creating"), SETTINGS)


def container(**spec: Any) -> Json:
    (only,) = pod(**spec)["spec"]["containers"]
    assert isinstance(only, dict)
    return only
