"""What the pods of a job, and the operator, know one another by: the job's token. Standard library only.

It comes as a file, in no variable and no argument. `lsml run` has none: its processes listen on this machine only.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HEALTH, METRICS = "/healthz", "/metrics"


def token_of(environ: Mapping[str, str]) -> str | None:
    """What is in the file that LSML_TOKEN_FILE names; None where nothing names one.

    Raises OSError, and ValueError for an empty one: whoever should have a token does not go on without.
    """
    path = environ.get("LSML_TOKEN_FILE")
    if not path:
        return None
    token = Path(path).read_text(encoding="ascii").strip()
    if not token:
        raise ValueError(f"LSML_TOKEN_FILE: {path} is empty; it holds the job's token")
    return token


def shown(token: str | None) -> dict[str, str]:
    """The header by which one is let in."""
    return {} if token is None else {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True)
class Guard:
    """Whom a worker or a coordinator answers over HTTP."""

    token: str | None = field(default=None, repr=False)
    """None: everybody."""
    open_paths: tuple[str, ...] = (HEALTH,)
    """What everybody may ask for, such as the kubelet, which has no token."""

    def lets_in(self, path: str, authorization: str) -> bool:
        """Whether the job's token was shown where one is wanted; how long that takes tells nothing of the token."""
        if self.token is None or path in self.open_paths:
            return True
        return hmac.compare_digest(authorization.encode(), f"Bearer {self.token}".encode())


NOBODY_WATCHES = Guard()


def guard_of(environ: Mapping[str, str]) -> Guard:
    """As the environment says; LSML_OPEN_METRICS=true is for a Prometheus, which has one token for all that it asks."""
    open_paths = (HEALTH, METRICS) if environ.get("LSML_OPEN_METRICS") == "true" else (HEALTH,)
    return Guard(token_of(environ), open_paths)
