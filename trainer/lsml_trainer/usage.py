"""What this process takes of its machine. Reads the kernel's own counts; decides nothing."""

import resource
import time
from collections.abc import Callable

Cpus = Callable[[], float | None]


def peak_memory_bytes() -> int:
    """The most that was resident at a time; the page cache, which the kernel takes back, is not in it."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # in KiB on Linux: getrusage(2)


def busy_cpus(wall: Callable[[], float] = time.monotonic, used: Callable[[], float] = time.process_time) -> Cpus:
    """How many processors were busy with this process since now, on the average; None before a second is over."""
    started, used_before = wall(), used()

    def average() -> float | None:
        seconds = wall() - started
        return round((used() - used_before) / seconds, 2) if seconds >= 1 else None

    return average
