"""The schedules are PyTorch's."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler

from lsml_trainer.algorithms.deep.schedules import factor_of
from lsml_trainer.spec.base import parse
from lsml_trainer.spec.deep_learning import Schedule

STEPS, EPOCH_STEPS, RATE = 40, 4, 0.5
# what: (ours, torch's, whether torch's goes on with each step rather than each epoch)
SCHEDULES: dict[str, tuple[dict[str, Any], Callable[[Any], Any], bool]] = {
    "step": ({"step": {"stepSize": 3, "gamma": 0.5}}, lambda o: lr_scheduler.StepLR(o, 3, 0.5), False),
    "exponential": ({"exponential": {"gamma": 0.9}}, lambda o: lr_scheduler.ExponentialLR(o, 0.9), False),
    "linear": ({"linear": {"endFactor": 0.2}}, lambda o: lr_scheduler.LinearLR(o, 1.0, 0.2, STEPS), True),
    "cosine": ({"cosine": {"endFactor": 0.1}}, lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS, 0.1 * RATE), True),
    "one cycle": (
        {"oneCycle": {"pctStart": 0.25}},
        lambda o: lr_scheduler.OneCycleLR(o, RATE, STEPS, pct_start=0.25, cycle_momentum=False),
        True,
    ),
}


class Still(torch.optim.Optimizer):
    """Changes nothing; a step of torch's own ones imports torch's compiler, 6 s."""

    def step(self, closure: object = None) -> None:
        """Nothing."""


@pytest.mark.parametrize(("ours", "theirs", "each_step"), SCHEDULES.values(), ids=SCHEDULES)
def test_the_learning_rates_are_those_of_torch(ours, theirs, each_step):
    factor = factor_of(parse(Schedule, ours), 0, STEPS, EPOCH_STEPS)
    optimizer = Still([torch.nn.Parameter(torch.zeros(1))], {"lr": RATE})
    scheduler = theirs(optimizer)
    for step in range(STEPS):
        assert RATE * factor(step) == pytest.approx(optimizer.param_groups[0]["lr"], abs=1e-9), step
        optimizer.step()
        if each_step or step % EPOCH_STEPS == EPOCH_STEPS - 1:
            scheduler.step()


def test_without_a_schedule_the_rate_stays():
    assert [factor_of(None, 0, 3, 1)(step) for step in range(3)] == [1.0, 1.0, 1.0]


def test_the_warm_up_rises_on_a_line_and_the_schedule_follows_over_what_is_left():
    factor = factor_of(parse(Schedule, {"linear": {}}), 3, 8, 1)
    assert [factor(step) for step in range(8)] == pytest.approx([0.25, 0.5, 0.75, 1.0, 0.8, 0.6, 0.4, 0.2])


def test_a_warm_up_longer_than_the_training_only_warms_up():
    factor = factor_of(parse(Schedule, {"cosine": {}}), 10, 4, 1)
    assert factor(3) == pytest.approx(4 / 11)
