"""A queue of keys: a key is never worked on twice at once, duplicates fold, failures back off. Knows nothing of jobs.

    add ──> waiting ──get──> working ──done──> (gone)
                ^               │
                └── dirty ──────┘   added again while it was worked on

As client-go's workqueue; time comes from the event loop, which no clock that jumps can move.
"""

import asyncio
from collections import deque
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT")

FIRST_RETRY_SECONDS = 0.05
MOST_RETRY_SECONDS = 20.0


class WorkQueue(Generic[KeyT]):
    """Keys that wait to be worked on, in the order of their coming."""

    def __init__(self) -> None:
        self._waiting: deque[KeyT] = deque()
        self._dirty: set[KeyT] = set()  # waiting, or to be queued when done
        self._working: set[KeyT] = set()
        self._failures: dict[KeyT, int] = {}
        self._timers: dict[KeyT, asyncio.TimerHandle] = {}
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, key: KeyT) -> None:
        """Have the key worked on, once, after now."""
        if key in self._dirty:
            return
        self._dirty.add(key)
        if key not in self._working:
            self._waiting.append(key)
            self._wake.set()

    def add_after(self, key: KeyT, seconds: float) -> None:
        """Have the key worked on after these seconds, or sooner if that was asked for."""
        loop = asyncio.get_running_loop()
        timer = self._timers.get(key)
        if timer is not None:
            if timer.when() <= loop.time() + seconds:
                return
            timer.cancel()
        self._timers[key] = loop.call_later(seconds, self._due, key)

    def _due(self, key: KeyT) -> None:
        self._timers.pop(key, None)
        self.add(key)

    async def get(self) -> KeyT:
        """The next key; the caller works on it, then calls done."""
        while not self._waiting:
            self._wake.clear()
            await self._wake.wait()
        key = self._waiting.popleft()
        self._dirty.discard(key)
        self._working.add(key)
        return key

    def done(self, key: KeyT) -> None:
        """The key was worked on; if it was added meanwhile it waits again."""
        self._working.discard(key)
        if key in self._dirty:
            self._waiting.append(key)
            self._wake.set()

    def failed(self, key: KeyT, at_least_seconds: float = 0.0) -> float:
        """Have the key worked on again after its back-off, and no sooner than asked; the seconds chosen."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        backoff_seconds = min(FIRST_RETRY_SECONDS * 2.0 ** min(failures, 30), MOST_RETRY_SECONDS)
        seconds = max(backoff_seconds, at_least_seconds)
        self.add_after(key, seconds)
        return seconds

    def succeeded(self, key: KeyT) -> None:
        """Forget the key's failures."""
        self._failures.pop(key, None)

    def forget(self, key: KeyT) -> None:
        """The key is of no interest any more."""
        self._failures.pop(key, None)
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
