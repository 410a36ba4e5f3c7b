"""Whether the loss still falls: its median of late, its best, and since when it is no better. Pure."""

import math
from collections import deque
from statistics import median

from lsml_trainer.spec import LossTrend

OF_LATE = 9
"""Losses whose median is taken: that of one batch jumps about."""
LEAST_GAIN = 1e-3
"""A loss that is lower by a smaller part than this is no better."""


class LossWatch:
    """Is told each loss that is reported."""

    def __init__(self) -> None:
        self._of_late: deque[float] = deque(maxlen=OF_LATE)
        self._best: tuple[float, int] | None = None

    def see(self, loss: float, step: int) -> None:
        """The loss after so many steps; what is not finite is for others to refuse."""
        if not math.isfinite(loss):
            return
        self._of_late.append(loss)
        if len(self._of_late) < OF_LATE:
            return
        late = median(self._of_late)
        if self._best is None or late < self._best[0] - LEAST_GAIN * abs(self._best[0]):
            self._best = late, step

    def trend(self) -> LossTrend | None:
        """None before there are enough losses."""
        if self._best is None:
            return None
        return LossTrend(late=median(self._of_late), best=self._best[0], best_step=self._best[1])
