"""One at a time, across processes: an advisory lock on a file, given up by the kernel when its holder dies.

Must not be held while a person is waited for.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from .report import say


@contextmanager
def locked(path: Path, waiting_for: str) -> Iterator[None]:
    """Hold the lock at `path`, whose file is gone afterwards; says what is waited for when somebody else has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        while True:
            file = stack.enter_context(path.open("w"))
            _lock(file, waiting_for)
            if _is_still(path, file):
                break
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _lock(file: IO[str], waiting_for: str) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(f"waiting for {waiting_for}")
        fcntl.flock(file, fcntl.LOCK_EX)


def _is_still(path: Path, file: IO[str]) -> bool:
    """Whether the file that we locked is the one that others find; whoever had it before us has removed it."""
    try:
        return path.stat().st_ino == os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False
