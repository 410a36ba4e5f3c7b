"""Whether a worker uses the processors that are kept for it."""

import re

from lsml_operator.api.quantity import number_of
from lsml_operator.world import Diagnosis, World

GPU = re.compile(r"/(gpu$|mig-)")
"""A whole one, of any make, or a slice of one of NVIDIA's."""
SMALL = 0.25
WORTH_CPUS = 1.0
"""What is kept and not used is told from here on."""


def gpu_unused(world: World) -> Diagnosis | None:
    """Only networks are computed on one."""
    algorithm, limits = world.spec.algorithm, world.spec.workers.resources.limits
    gpu = next((name for name, count in limits.items() if GPU.search(name) and number_of(count)), None)
    if gpu is None or algorithm is None or algorithm.container or algorithm.deep_learning:
        return None
    family = "svm" if algorithm.svm else "sgd" if algorithm.sgd else "gradientDescent"
    return Diagnosis(
        "GpuUnused",
        f"each worker keeps {limits[gpu]} {gpu}, and {family} computes on the processor; take it out of "
        "workers.resources.limits",
    )


def cpu_over_requested(world: World) -> Diagnosis | None:
    """Others could use what is kept for it."""
    kept, report = number_of(world.spec.workers.resources.kept.get("cpu", 0)), world.report
    used = report.cpus if report is not None and report.stage == "Training" else None
    if used is None or kept - used < WORTH_CPUS or used > SMALL * kept:
        return None
    return Diagnosis(
        "CpuOverRequested",
        f"a worker keeps {used:.2g} of the {kept:g} processors busy that are kept for it; lower "
        "workers.resources.requests.cpu",
    )
