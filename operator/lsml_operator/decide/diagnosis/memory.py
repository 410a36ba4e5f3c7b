"""Whether the memory of a worker is too little or too much, by the most that it ever had at a time."""

from lsml_operator.api.quantity import number_of
from lsml_operator.desired.pod import worker_resources
from lsml_operator.texts import in_binary
from lsml_operator.world import Diagnosis, World

NEAR = 0.9
SMALL = 0.25
WORTH_BYTES = 2.0**30
"""What is kept and not used is told from here on."""


def near_memory_limit(world: World) -> Diagnosis | None:
    """The next larger batch, or a page more, ends it."""
    peak_bytes, limit_bytes = _peak_bytes(world), memory_limit_bytes(world)
    if peak_bytes is None or limit_bytes is None or peak_bytes < NEAR * limit_bytes:
        return None
    return Diagnosis(
        "NearMemoryLimit",
        f"a worker needed {in_binary(peak_bytes)} of its {in_binary(limit_bytes)} of memory at a time; raise "
        "workers.resources.limits.memory before it is killed",
    )


def memory_over_requested(world: World) -> Diagnosis | None:
    """Others could use what is kept for it."""
    peak_bytes, kept_bytes = _peak_bytes(world), number_of(world.spec.workers.resources.kept.get("memory", 0))
    if peak_bytes is None or kept_bytes - peak_bytes < WORTH_BYTES or peak_bytes > SMALL * kept_bytes:
        return None
    return Diagnosis(
        "MemoryOverRequested",
        f"a worker needed {in_binary(peak_bytes)} at most of the {in_binary(kept_bytes)} of memory that are kept for "
        "it; lower workers.resources.requests.memory",
    )


def memory_limit_bytes(world: World) -> float | None:
    """Of a worker; None: there is none."""
    limit = worker_resources(world.job.raw_spec)["limits"].get("memory")
    return None if limit is None else number_of(limit)


def _peak_bytes(world: World) -> int | None:
    """Once it trains: before, it may need the most yet."""
    report = world.report
    return report.peak_memory_bytes if report is not None and report.progress.step else None
