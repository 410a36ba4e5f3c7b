"""Waiting with an end.

Must not wait without one: every caller says how long it is willing to.
"""

import time
from collections.abc import Callable


def wait_until(done: Callable[[], bool], timeout_seconds: float, every_seconds: float = 0.05) -> bool:
    """Whether `done()` became true in time; it is asked at least once."""
    deadline = time.monotonic() + timeout_seconds
    while not done():
        if time.monotonic() >= deadline:
            return False
        time.sleep(every_seconds)
    return True
