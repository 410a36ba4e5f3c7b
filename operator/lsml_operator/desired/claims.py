"""The claims in a worker's pod: those of the specification's URIs, and those of its template. Pure.

Each is one volume, however many name it: of two volumes of one claim a kubelet mounts one, and waits for the other.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from lsml_operator.world import Job, Object
from lsml_trainer.spec import CLAIMS_FOLDER, claim_of

READ_ONLY = ("lsml-data", "lsml-test", "lsml-rows", "lsml-model")
"""Volumes of claims that are only read."""


class Mounted(NamedTuple):
    """Fields of a pod and of its container."""

    volumes: list[dict[str, Any]]
    mounts: list[dict[str, Any]]


def with_claims(job: Job, template: Object) -> Mounted:
    """The volumes of the specification's claims and of the template, and where they are mounted."""
    claims = _claims(job)
    volumes = [_volume(claim) for claim in claims] + list(template.get("volumes", []))
    mounts = [_mount(claim) for claim in claims] + list(template.get("volumeMounts", []))
    return _each_claim_once(volumes, mounts)


class _Claim(NamedTuple):
    """A claim that the specification names, as a volume of the pod."""

    volume: str
    name: str
    read_only: bool


def _claims(job: Job) -> list[_Claim]:
    """The claims that the specification names, each once; read-only where nothing is written."""
    predict: Object = job.raw_spec.get("predict") or {}
    data: Object = job.raw_spec.get("data") or {}
    uris = {
        "lsml-output": job.raw_spec.get("output"),
        "lsml-checkpoint": (job.raw_spec.get("checkpoint") or {}).get("uri"),
        "lsml-ledger": job.raw_spec.get("ledger"),
        "lsml-predictions": predict.get("output"),
        "lsml-data": (data.get("train") or {}).get("uri"),
        "lsml-test": (data.get("test") or {}).get("uri"),
        "lsml-rows": (predict.get("data") or {}).get("uri"),
        "lsml-model": (job.raw_spec.get("model") or {}).get("from"),
    }
    claims: dict[str, _Claim] = {}
    for volume, uri in uris.items():
        if found := claim_of(uri or ""):
            claims.setdefault(found.claim, _Claim(volume, found.claim, read_only=volume in READ_ONLY))
    return list(claims.values())


def _volume(claim: _Claim) -> dict[str, Any]:
    return {"name": claim.volume, "persistentVolumeClaim": {"claimName": claim.name, **_read_only(claim.read_only)}}


def _mount(claim: _Claim) -> dict[str, Any]:
    return {"name": claim.volume, "mountPath": f"{CLAIMS_FOLDER}/{claim.name}", **_read_only(claim.read_only)}


def _read_only(is_so: bool) -> dict[str, bool]:
    return {"readOnly": True} if is_so else {}


def _each_claim_once(volumes: Sequence[Object], mounts: Sequence[Object]) -> Mounted:
    """Whoever mounts another volume of a claim mounts the first; it can be written to where one of them can be."""
    by_source: dict[str, list[Object]] = {}
    for volume in volumes:
        by_source.setdefault(_source(volume), []).append(volume)
    kept = {source: _one_of(same) for source, same in by_source.items()}
    named = {volume["name"]: volume for volume in volumes}
    seen = [
        {**mount, "name": kept[_source(named[mount["name"]])]["name"], **_read_only(_is_read(named[mount["name"]]))}
        for mount in mounts
    ]
    return Mounted([*kept.values()], seen)


def _source(volume: Object) -> str:
    """The same for volumes of one claim, and for no others."""
    claim = volume.get("persistentVolumeClaim")
    return f"pvc://{claim['claimName']}" if claim else str(volume["name"])


def _one_of(same: Sequence[Object]) -> dict[str, Any]:
    writable = [volume for volume in same if not _is_read(volume)]
    return {**(writable or same)[0], "name": same[0]["name"]}


def _is_read(volume: Object) -> bool:
    return bool((volume.get("persistentVolumeClaim") or {}).get("readOnly"))
