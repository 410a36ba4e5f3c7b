"""Kubeconfig files: who somebody is and where the API server is.

JSON, which is YAML; the certificates are inside, so that a file can be copied anywhere.
"""

import base64
import json
from pathlib import Path

from .certificates import Pair


def render(cluster: str, server: str, authority: Path, identity: Pair) -> str:
    """The file's text."""
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": cluster,
            "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": cluster, "namespace": "default"}}],
            "clusters": [
                {"name": cluster, "cluster": {"server": server, "certificate-authority-data": _encoded(authority)}}
            ],
            "users": [
                {
                    "name": cluster,
                    "user": {
                        "client-certificate-data": _encoded(identity.certificate),
                        "client-key-data": _encoded(identity.key),
                    },
                }
            ],
        },
        indent=2,
    )


def write(path: Path, text: str) -> None:
    """Write it readable by its owner only."""
    path.touch(mode=0o600)
    path.write_text(text)


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
