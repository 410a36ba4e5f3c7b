"""Tells whether a pod was made from the workers' resources and template as they are now. Pure, a leaf."""

import hashlib
import json

from lsml_operator.world import Object


def template_hash(raw_spec: Object, queue: Object) -> str:
    """A hash of what the user wrote about the pods, with the labels of the job's `queue`.

    Not of the pod that is built from it: a new version of the operator builds other pods, and must restart none.
    Whether it is one of a team counts, since only then it looks for the others.
    """
    workers = raw_spec.get("workers") or {}
    written = {field: workers[field] for field in ("resources", "template") if field in workers}
    if (workers.get("max") or workers.get("replicas") or 1) > 1:
        written["team"] = True
    if queue:
        written["queue"] = dict(queue)
    return hashlib.sha256(json.dumps(written, sort_keys=True).encode()).hexdigest()[:16]
