"""Running other programs to their end.

Must not start anything that stays: that is `processes`.
"""

import subprocess
from collections.abc import Mapping, Sequence

from .errors import ClusterError

_LAST_LINES = 20


def run(
    argv: Sequence[str],
    *,
    called: str | None = None,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
    timeout_seconds: float = 180,
) -> str:
    """Standard output of a command that succeeded.

    Raises ClusterError with the command's own last words when it fails, is missing or takes too long; there it is
    `called` so, by default by its first words.
    """
    called = called or " ".join(argv[:3])
    try:
        done = subprocess.run(
            argv, input=stdin, env=env, timeout=timeout_seconds, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise ClusterError(f"{argv[0]} is not installed: install it, or put it on the PATH") from None
    except subprocess.TimeoutExpired:
        raise ClusterError(f"`{called}` did not end within {timeout_seconds:g} s") from None
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip().splitlines() or [f"exit status {done.returncode}"]
        raise ClusterError(f"`{called}` failed: " + "\n".join(words[-_LAST_LINES:]))
    return done.stdout


def succeeds(argv: Sequence[str], timeout_seconds: float = 180) -> bool:
    """Whether a command ends well; for questions and for removals that may find nothing."""
    try:
        run(argv, timeout_seconds=timeout_seconds)
    except ClusterError:
        return False
    return True
