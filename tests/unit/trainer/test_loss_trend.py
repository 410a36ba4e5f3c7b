"""Whether the loss still falls: by medians, so that one batch does not matter."""

import math
from collections.abc import Iterable

import pytest

from lsml_trainer.loss_trend import OF_LATE, LossWatch
from lsml_trainer.spec import LossTrend

FLAT = [1.0] * 20
CASES: dict[str, tuple[Iterable[float], LossTrend | None]] = {
    "too few to tell": ([1.0] * (OF_LATE - 1), None),
    "one that stays": (FLAT, LossTrend(late=1.0, best=1.0, best_step=OF_LATE)),
    "one that halves with each step": (
        [2.0**-n for n in range(20)],
        LossTrend(late=2.0**-15, best=2.0**-15, best_step=20),
    ),
    "one that rises": ([float(n) for n in range(1, 21)], LossTrend(late=16.0, best=5.0, best_step=OF_LATE)),
    "less than a thousandth lower is no better": (
        [*FLAT, *[0.9995] * 20],
        LossTrend(late=0.9995, best=1.0, best_step=OF_LATE),
    ),
    "below zero": ([*[-1.0] * 20, *[-2.0] * 9], LossTrend(late=-2.0, best=-2.0, best_step=25)),
    "one batch does not matter": ([*FLAT, 1e9, 0.0, *FLAT], LossTrend(late=1.0, best=1.0, best_step=OF_LATE)),
    "what is not finite is no loss": ([*FLAT, math.nan, math.inf], LossTrend(late=1.0, best=1.0, best_step=OF_LATE)),
}


@pytest.mark.parametrize(("losses", "wanted"), CASES.values(), ids=CASES)
def test_trend(losses: Iterable[float], wanted: LossTrend | None) -> None:
    watch = LossWatch()
    for step, loss in enumerate(losses, 1):
        watch.see(loss, step)
    assert watch.trend() == wanted
