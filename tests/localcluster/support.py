"""Whether this machine, and whoever asks, can have nodes that run pods.

Must not change anything to find out.
"""

import os
import sys

from . import cgroups
from .commands import succeeds
from .errors import UnsupportedError
from .paths import cache_root, state_root


def require_nodes() -> None:
    """Raises UnsupportedError with what is in the way."""
    if sys.platform != "linux" or os.geteuid() != 0:
        raise UnsupportedError("a node needs root on Linux: run as root, or use CLUSTER=current")
    if not succeeds(["unshare", "--mount", "--net", "--propagation", "private", "true"]):
        raise UnsupportedError("this root may not make namespaces: leave the container, or use CLUSTER=current")
    for folder in (state_root(), cache_root()):
        if any(folder.resolve().is_relative_to(hidden) for hidden in ("/var", "/run")):
            raise UnsupportedError(
                f"{folder} is out of a node's sight: set XDG_STATE_HOME and XDG_CACHE_HOME elsewhere"
            )
    if not cgroups.are_writable():
        raise UnsupportedError("this root may not make control groups: leave the container, or use CLUSTER=current")
