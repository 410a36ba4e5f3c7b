"""Forks of this process, which has imported everything, so that one starts in milliseconds."""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path


def forked(log: Path, work: Callable[[], int]) -> int:
    """A child that does the work, and ends with its exit code; what it says goes to the log."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        with log.open("ab", buffering=0) as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        sys.stdout = sys.stderr = os.fdopen(1, "w", buffering=1, closefd=False)
        code = work()
    except BaseException:  # nobody else would tell of it
        traceback.print_exc()
    finally:
        os._exit(code)


def end(pid: int) -> None:
    """At once."""
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
