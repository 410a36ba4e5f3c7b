"""Where the time of training goes: every second between two laps is entered in an account. Fetches no time itself."""

import math

from lsml_trainer.spec import TimeShares

MEMORY_SECONDS = 10.0
"""What was so much earlier counts a third of what is now."""


class TimeSpent:
    """The seconds of late in each account of TimeShares; all by one clock."""

    def __init__(self) -> None:
        self._seconds = dict.fromkeys(TimeShares.model_fields, 0.0)
        self._since: float | None = None

    def lap(self, account: str, now: float, **of_it: float) -> None:
        """The time since the last lap went into this account, but for what of it (in seconds) went into others."""
        before, self._since = self._since, now
        if before is None:
            return
        kept = math.exp(-max(0.0, now - before) / MEMORY_SECONDS)
        for name, seconds in self._seconds.items():
            self._seconds[name] = seconds * kept
        for name, seconds in {**of_it, account: now - before - sum(of_it.values())}.items():
            self._seconds[name] += max(0.0, seconds)

    def shares(self) -> TimeShares | None:
        """Together 1; None while no time has passed."""
        total = sum(self._seconds.values())
        if total <= 0:
            return None
        return TimeShares(**{name: round(seconds / total, 3) for name, seconds in self._seconds.items()})
