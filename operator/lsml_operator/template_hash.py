"""Tells whether a pod was made from the workers' resources and template as they are now. Pure, a leaf."""

import hashlib
import json

from lsml_operator.world import Object


def template_hash(raw_spec: Object) -> str:
    """A hash of what the user wrote about the pods.

    Not of the pod that is built from it: a new version of the operator builds other pods, and must restart none.
    """
    workers = raw_spec.get("workers") or {}
    written = {field: workers[field] for field in ("resources", "template") if field in workers}
    return hashlib.sha256(json.dumps(written, sort_keys=True).encode()).hexdigest()[:16]
