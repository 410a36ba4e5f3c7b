"""What holds a job back that runs, or costs it more than it needs: pure policies, World -> Diagnosis | None.

The gravest come first, and the first that apply are told. What keeps a job from running is a Decision of its own.
"""

from collections.abc import Callable
from itertools import islice

from lsml_operator.decide.diagnosis.learning import loss_plateaued, loss_rises
from lsml_operator.decide.diagnosis.losses import often_crashed, often_evicted
from lsml_operator.decide.diagnosis.machines import node_silent
from lsml_operator.decide.diagnosis.memory import memory_over_requested, near_memory_limit
from lsml_operator.decide.diagnosis.pace import (
    compute_bound,
    data_bound,
    network_bound,
    too_many_workers,
)
from lsml_operator.decide.diagnosis.processors import cpu_over_requested, gpu_unused
from lsml_operator.decide.diagnosis.remarks import autoscaling, rows_skipped, straggling
from lsml_operator.decide.diagnosis.times import checkpoint_failing, checkpoint_slow, deadline_near
from lsml_operator.world import Diagnosis, World

DIAGNOSES: tuple[Callable[[World], Diagnosis | None], ...] = (
    # It stands still, or may all be in vain
    node_silent,
    loss_rises,
    checkpoint_failing,
    near_memory_limit,
    deadline_near,
    often_crashed,
    often_evicted,
    checkpoint_slow,
    # It is slower than it could be
    straggling,
    data_bound,
    too_many_workers,
    network_bound,
    gpu_unused,
    loss_plateaued,
    # It costs more than it needs
    memory_over_requested,
    cpu_over_requested,
    # Nothing is wrong, and yet worth knowing
    autoscaling,
    rows_skipped,
    compute_bound,
)
MOST_TOLD = 2


def diagnoses(world: World) -> tuple[Diagnosis, ...]:
    """The gravest of what applies."""
    found = (policy(world) for policy in DIAGNOSES)
    return tuple(islice(filter(None, found), MOST_TOLD))
