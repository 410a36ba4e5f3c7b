"""Whether what is trained still gets better, by the median of the losses of late."""

from lsml_operator.texts import short_number
from lsml_operator.world import Diagnosis, World
from lsml_trainer.spec import LossTrend, Progress

TIMES = 2.0
"""A loss that is so much higher than it was does not come back by itself."""
NEAR = 0.05
"""A loss that is no further from its best stays where it is."""
LEAST_STEPS = 1000
"""So many steps without a better loss are long, where the number of all is not known; else a tenth of them."""


def loss_rises(world: World) -> Diagnosis | None:
    """It diverges, though the loss is still a number."""
    trend = _trend(world)
    if trend is None or trend.best <= 0 or trend.late < TIMES * trend.best:
        return None
    scaled = "" if not world.spec.data or world.spec.data.standardize else ", or set data.standardize: true"
    return Diagnosis(
        "LossRises",
        f"the loss rises: it is {short_number(trend.late)}, and was {short_number(trend.best)} after step "
        f"{trend.best_step}; lower the learning rate{scaled}",
    )


def loss_plateaued(world: World) -> Diagnosis | None:
    """More than half of the steps brought nothing."""
    trend = _trend(world)
    if trend is None or world.report is None:
        return None
    progress = world.report.progress
    without = progress.step - trend.best_step
    stays = abs(trend.late - trend.best) <= NEAR * abs(trend.best)
    if not stays or without < max(trend.best_step, _long(progress)):
        return None
    return Diagnosis(
        "LossPlateaued",
        f"the loss has stayed at {short_number(trend.late)} for {without} of {progress.step} steps; end the job "
        "here, or change the learning rate",
    )


def _trend(world: World) -> LossTrend | None:
    report = world.report
    return report.loss_trend if report is not None and report.stage == "Training" else None


def _long(progress: Progress) -> int:
    return LEAST_STEPS if progress.total_steps is None else progress.total_steps // 10
