"""How the learning rate changes over the training: a factor of the optimizer's own, a function of the step. Pure.

The schedules and their meanings are those of torch.optim.lr_scheduler, in closed form.
"""

import math
from collections.abc import Callable

from lsml_trainer.spec.deep_learning import OneCycleSchedule, Schedule

Factor = Callable[[int], float]
"""The step, from 0 -> what the learning rate is multiplied by."""


def factor_of(schedule: Schedule | None, warmup_steps: int, steps: int, epoch_steps: int) -> Factor:
    """The factor at each of `steps` steps, `epoch_steps` of them an epoch; the warm-up comes before the schedule."""
    after = _after_warmup(schedule, max(1, steps - warmup_steps), epoch_steps)

    def factor(step: int) -> float:
        return (step + 1) / (warmup_steps + 1) if step < warmup_steps else after(step - warmup_steps)

    return factor


def _after_warmup(schedule: Schedule | None, steps: int, epoch_steps: int) -> Factor:
    if schedule is None:
        return lambda step: 1.0
    if (step_lr := schedule.step) is not None:
        return lambda step: float(step_lr.gamma ** (step // epoch_steps // step_lr.step_size))
    if (exponential := schedule.exponential) is not None:
        return lambda step: float(exponential.gamma ** (step // epoch_steps))
    if (linear := schedule.linear) is not None:
        return lambda step: 1.0 + (linear.end_factor - 1.0) * step / steps
    if (cosine := schedule.cosine) is not None:
        return lambda step: _cosine(1.0, cosine.end_factor, step / steps)
    assert schedule.one_cycle is not None, "a schedule is one of its kinds"
    return _one_cycle(schedule.one_cycle, steps)


def _one_cycle(config: OneCycleSchedule, steps: int) -> Factor:
    """Up from 1 / divFactor in the first pctStart of the steps, then down to that / finalDivFactor.

    Source: Smith and Topin, Super-Convergence, 2018; as OneCycleLR(cycle_momentum=False, anneal_strategy="cos").
    """
    first, last = 1 / config.div_factor, 1 / config.div_factor / config.final_div_factor
    top, end = config.pct_start * steps - 1, steps - 1

    def factor(step: int) -> float:
        if step <= top:
            return _cosine(first, 1.0, step / top if top > 0 else 1.0)
        return _cosine(1.0, last, min(1.0, (step - top) / (end - top)) if end > top else 1.0)

    return factor


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
