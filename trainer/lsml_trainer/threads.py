"""How many threads the numerical libraries may start. Must run before they are imported, so it imports none."""

import math
import os
from collections.abc import MutableMapping
from pathlib import Path

CPU_LIMIT = Path("/sys/fs/cgroup/cpu.max")  # cgroup v2: "QUOTA PERIOD" in microseconds, or "max PERIOD"
VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def limit_threads(environ: MutableMapping[str, str], cpu_limit: Path = CPU_LIMIT) -> None:
    """Sets what is not set: a container sees all of the machine's CPUs, and may use but a few of them."""
    threads = environ.get(VARIABLES[0]) or str(allowed_cpus(cpu_limit))
    for variable in VARIABLES:
        environ.setdefault(variable, threads)


def allowed_cpus(cpu_limit: Path) -> int:
    """Whole CPUs that this process may use, at least one."""
    visible = len(os.sched_getaffinity(0))
    try:
        quota, period = cpu_limit.read_text().split()
    except (OSError, ValueError):
        return visible
    return visible if quota == "max" else max(1, min(visible, math.ceil(int(quota) / int(period))))
