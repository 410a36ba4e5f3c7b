"""The token that a job's pods and the operator know one another by. Pure, a leaf.

It follows from the operator's key: nothing has to be read back, and the operator reads no secret of anybody's.
"""

import hashlib
import hmac

from lsml_operator.world import JobKey


def job_token(key: bytes, job: JobKey) -> str:
    """HMAC-SHA256 of the job's namespace, name and UID, in hex: its successor of the same name has another one."""
    return hmac.digest(key, "/".join(job).encode(), "sha256").hex()


def secret_name(key: bytes, job: JobKey) -> str:
    """Of the Secret that holds it. Another token has another name: the one that is there is the one that is meant."""
    return f"{job.name}-token-{hashlib.sha256(job_token(key, job).encode()).hexdigest()[:8]}"
