"""Volumes for claims: a default storage class and a pool of folders on this machine.

Each volume is used once: when its claim is deleted, the controllers delete the volume and what was in it. (They do so
for folders below a `tmp` only.) The next `up` refills the pool. Must not look at claims.
"""

from pathlib import Path
from typing import Any

from .api import Api
from .paths import ClusterPaths

VOLUMES = 32
_CLASS = "standard"


def provide(api: Api, paths: ClusterPaths) -> None:
    """The class is there, and as many volumes as there should be."""
    api.apply(f"/apis/storage.k8s.io/v1/storageclasses/{_CLASS}", storage_class())
    listed = api.get("/api/v1/persistentvolumes") or {"items": []}
    existing = {volume["metadata"]["name"] for volume in listed["items"]}
    for name in (f"local-{number:02}" for number in range(VOLUMES)):
        if name in existing:
            continue
        folder = paths.volumes / name
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o777)  # whoever a pod runs as; the cluster's own folder keeps others out
        api.apply(f"/api/v1/persistentvolumes/{name}", persistent_volume(name, folder))


def storage_class() -> dict[str, Any]:
    """The default class: volumes are there already, nobody makes them."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": _CLASS,
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "Immediate",
        "reclaimPolicy": "Delete",
    }


def persistent_volume(name: str, folder: Path) -> dict[str, Any]:
    """10 GiB by name only: a folder has no limit."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": "10Gi"},
            "accessModes": ["ReadWriteOnce", "ReadWriteMany"],
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": _CLASS,
            "hostPath": {"path": str(folder), "type": "Directory"},
        },
    }
