"""What this process takes of its machine. Reads the kernel's own counts; decides nothing."""

import re
import resource
import time
from collections.abc import Callable
from pathlib import Path

Cpus = Callable[[], float | None]


def peak_memory_bytes() -> int:
    """The most that was resident at a time; the page cache, which the kernel takes back, is not in it.

    Not by getrusage(2) where there is /proc: a process begins there with the peak of the one that started it.
    """
    try:
        own = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    except OSError:
        own = None
    return int(own[1]) * 1024 if own else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in bytes on macOS


def busy_cpus(wall: Callable[[], float] = time.monotonic, used: Callable[[], float] = time.process_time) -> Cpus:
    """How many processors were busy with this process since now, on the average; None before a second is over."""
    started, used_before = wall(), used()

    def average() -> float | None:
        seconds = wall() - started
        return round((used() - used_before) / seconds, 2) if seconds >= 1 else None

    return average
