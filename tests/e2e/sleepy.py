"""A network that sleeps for each row that it learns from: two workers are twice as fast as one, on any machine.

A user's own module: pods get this file by a ConfigMap. Must import nothing of ours.
"""

import time
from pathlib import Path

from torch import Tensor, nn


class Sleepy(nn.Linear):
    """A linear model whose time is `row_seconds` a row, until there is the file `until`."""

    def __init__(self, features: int, outputs: int, row_seconds: float, until: str) -> None:
        super().__init__(features, outputs)
        self._row_seconds = row_seconds
        self._until = until

    def forward(self, x: Tensor) -> Tensor:
        """(N, features) -> (N, outputs)."""
        if self.training and not (self._until and Path(self._until).exists()):
            time.sleep(len(x) * self._row_seconds)
        return super().forward(x)


def build(features: int, outputs: int, row_seconds: float, until: str = "") -> nn.Module:
    """What `module: sleepy:build` names."""
    return Sleepy(features, outputs, row_seconds, until)
