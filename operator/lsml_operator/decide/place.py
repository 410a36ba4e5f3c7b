"""A place of the team: the words that mustering its workers shares. Pure, a leaf."""

from dataclasses import dataclass
from typing import Literal

from lsml_operator.api.status import WorkerStatus
from lsml_operator.world import Event

Cause = Literal["crashes", "out_of_memory", "evictions", "updates", "stragglers"]
CRASHES: tuple[Cause, ...] = ("crashes", "out_of_memory")
"""What counts against backoffLimit."""


@dataclass(frozen=True)
class Place:
    """One place of the team: who fills it next, and whom it lost."""

    worker: WorkerStatus
    cause: Cause | None = None
    loss: Event | None = None
    wake_seconds: float | None = None
