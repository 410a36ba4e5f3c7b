"""An image made from one layer, as an OCI archive, without any tool.

The same input gives the same bytes. Must not know what is in the layer.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_MEDIA = "application/vnd.oci.image"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def write_archive(path: Path, tag: str, layer: bytes, machine: str, config: Mapping[str, Any]) -> None:
    """Write the image whole or not at all; `layer` is a tar, `machine` as in platform.machine()."""
    image = {
        "architecture": _ARCHITECTURES.get(machine, machine),
        "os": "linux",
        "config": config,
        # As many entries as layers; buildah refuses to build on an image without.
        "history": [{"created_by": "localcluster"}],
        "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
    }
    image_blob = json.dumps(image).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{_MEDIA}.manifest.v1+json",
        "config": _descriptor("config.v1+json", image_blob),
        "layers": [_descriptor("layer.v1.tar", layer)],
    }
    manifest_blob = json.dumps(manifest).encode()
    reference = {
        **_descriptor("manifest.v1+json", manifest_blob),
        # The first is what containerd calls the image, the second what buildah does.
        "annotations": {"io.containerd.image.name": tag, "org.opencontainers.image.ref.name": tag},
    }
    index = {"schemaVersion": 2, "mediaType": f"{_MEDIA}.index.v1+json", "manifests": [reference]}
    files = {
        "oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
        "index.json": json.dumps(index).encode(),
        **{f"blobs/sha256/{_digest(blob)[7:]}": blob for blob in (layer, image_blob, manifest_blob)},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.write_bytes(tar(files))
    temporary.replace(path)


def tar(files: Mapping[str, bytes], executable: Sequence[str] = ()) -> bytes:
    """A tar of these files, owned by root, without a date."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o755 if name in executable else 0o644
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _descriptor(kind: str, blob: bytes) -> dict[str, Any]:
    return {"mediaType": f"{_MEDIA}.{kind}", "digest": _digest(blob), "size": len(blob)}


def _digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"
