"""What the Secret with a job's token looks like, and how a pod has it: as a file, in no variable and no argument."""

from typing import Any

from lsml_operator.desired.owned import owned_metadata
from lsml_operator.job_token import job_token, secret_name
from lsml_operator.labels import TOKEN_VOLUME
from lsml_operator.settings import Settings
from lsml_operator.world import Job, Object

SECRET_TYPE = "lsml.dev/token"  # noqa: S105  (a word that the chart's policy knows it by)
FOLDER, FILE = "/mnt/lsml", "token"
FOR_ITS_GROUP = 0o440
"""The files are root's; the pod's group is the one that its user is in (fsGroup)."""


def token_secret(job: Job, key: bytes) -> dict[str, Any]:
    """Goes with its job, and is never changed: the pods read it once."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": owned_metadata(job, secret_name(key, job.key)),
        "type": SECRET_TYPE,
        "immutable": True,
        "stringData": {FILE: job_token(key, job.key)},
    }


def with_token(pod: Object, secret: str | None, settings: Settings) -> Object:
    """The pod, with the token that the Secret of this name holds; None: without."""
    if secret is None:
        return pod
    spec = pod["spec"]
    (container,) = spec["containers"]
    told = [{"name": "LSML_TOKEN_FILE", "value": f"{FOLDER}/{FILE}"}]
    if settings.open_metrics:
        told += [{"name": "LSML_OPEN_METRICS", "value": "true"}]
    mount = {"name": TOKEN_VOLUME, "mountPath": FOLDER, "readOnly": True}
    container = {
        **container,
        "env": [*container["env"], *told],
        "volumeMounts": [*container.get("volumeMounts", []), mount],
    }
    volume = {"name": TOKEN_VOLUME, "secret": {"secretName": secret, "defaultMode": FOR_ITS_GROUP}}
    return {**pod, "spec": {**spec, "containers": [container], "volumes": [*spec["volumes"], volume]}}
