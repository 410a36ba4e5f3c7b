"""What of the steps is a worker's own: their time without the exchanges, and none of those that others made before."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from lsml_trainer.elastic.packing import packed
from lsml_trainer.elastic.session import Alone
from lsml_trainer.elastic.team import Arrays, Team
from lsml_trainer.elastic.training import Journey


class Clock:
    """Moves when somebody works or waits."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Waiting(Alone):
    """A member whose every exchange takes 3 s."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(1)
        self._clock = clock

    def total(self, parts: Sequence[Arrays]) -> Arrays:
        self._clock.seconds += 3.0
        return super().total(parts)


class Working:
    """An algorithm whose every step is 0.5 s of work and one exchange; the state is the number of steps."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def start(self, shards: Sequence[Any], team: Team) -> int:
        return 0

    def is_done(self, state: int) -> bool:
        return False

    def epoch(self, state: int) -> int | None:
        return None

    def steps(self, state: int) -> tuple[int, int | None]:
        return state, None

    def dump(self, state: int) -> Arrays:
        return {"step": np.array([float(state)])}

    def load(self, arrays: Arrays) -> int:
        return int(arrays["step"][0])

    def step(self, state: int, shards: Sequence[Any], team: Team) -> int:
        self._clock.seconds += 0.5
        team.total([{}])
        return state + 1


def unread(held: range) -> list[Any]:
    """Shards that nobody reads."""
    return [None for _ in held]


def test_exchanges_do_not_count() -> None:
    clock = Clock()
    algorithm: Any = Working(clock)
    journey = Journey(algorithm, unread, None)
    for _ in range(3):
        journey.position = journey.next(Waiting(clock), clock)
    assert journey.step_seconds == pytest.approx(0.5)
    assert clock.seconds == pytest.approx(7.0)
    shares = journey.spent.shares()
    assert shares is not None
    assert shares.computing == pytest.approx(0.5 / 3.5, abs=0.001)
    assert shares.exchanging == pytest.approx(3 / 3.5, abs=0.001)


def test_what_was_taken_over_is_not_its_own() -> None:
    clock = Clock()
    algorithm: Any = Working(clock)
    ahead = Journey(algorithm, unread, None)
    for _ in range(3):
        ahead.reach(ahead.next(Alone(1), clock))
    behind = Journey(algorithm, unread, None)
    behind.take(ahead.give())
    assert (ahead.taken_at, behind.taken_at) == (0, 2), "the first of the three was the start"
    resumed = Journey(algorithm, unread, None, lambda: packed(ahead.give()))
    resumed.reach(resumed.next(Alone(1), clock))
    assert resumed.taken_at == 2
