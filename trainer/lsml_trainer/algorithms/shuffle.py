"""The order of one shard's rows in one epoch; a function of its stream of random numbers and of its cells. Pure.

Rows that are in memory are shuffled as one. Of rows that are read by cells, the cells are shuffled, a few of them at a
time are a window, and the rows of a window are shuffled together: so each cell is wanted in one window of an epoch.

    cells   | 0 | 1 | 2 | 3 | 4 | 5 |
    epoch   | 4   1 | 0   5 | 3   2 |        three windows of two cells

A shard that is no longer than a window has the order that it would have in memory. Whoever reads the cells is told
which ones are wanted next.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Announce = Callable[[Sequence[int], Sequence[int]], None]
"""Told of the cells that rows are drawn from now, and of those that they are drawn from after them."""


def unheard(_now: Sequence[int], _soon: Sequence[int]) -> None:
    """Nobody reads ahead."""


class Cells(NamedTuple):
    """Which rows of a shard are read together."""

    starts_C: Numbers
    """The first row of each cell, and after them the number of all rows."""
    together: int
    """How many cells a window has."""
    announce: Announce = unheard

    def among(self, ascending_N: Numbers) -> "Cells":
        """The cells of these rows only, numbered from 0."""
        return self._replace(starts_C=np.searchsorted(ascending_N, self.starts_C))


class Shuffle:
    """Keeps the order of the last window that was asked for, which it can make again."""

    def __init__(self, cells: Cells, cell_order_C: Numbers, stream: Callable[[int], np.random.Generator]) -> None:
        """`cell_order_C` are the numbers of all cells; `stream` gives the random numbers of a window."""
        self._starts_C, self._announce, self._stream = cells.starts_C, cells.announce, stream
        windows = range(0, len(cell_order_C), cells.together)
        self._windows = [np.sort(cell_order_C[begin : begin + cells.together]) for begin in windows]
        lengths = [int(np.diff(self._starts_C)[window_C].sum()) for window_C in self._windows]
        self._edges = [0, *np.cumsum(lengths).tolist()]
        self._made: tuple[int, Numbers] | None = None

    def rows(self, first: int, after: int) -> Numbers:
        """The numbers of the rows at these places of the order, (after - first,)."""
        window = max(0, bisect_right(self._edges, first, hi=len(self._windows)) - 1)
        parts = []
        while True:
            begin = self._edges[window]
            parts.append(self._window(window)[max(0, first - begin) : after - begin])
            window += 1
            if after <= self._edges[window]:
                return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _window(self, window: int) -> Numbers:
        if self._made is None or self._made[0] != window:
            starts_C = self._starts_C
            row_N = np.concatenate([np.arange(starts_C[cell], starts_C[cell + 1]) for cell in self._windows[window]])
            self._stream(window).shuffle(row_N)
            self._made = window, row_N
            self._announce(self._windows[window].tolist(), self._after(window).tolist())
        return self._made[1]

    def _after(self, window: int) -> Numbers:
        return self._windows[window + 1] if window + 1 < len(self._windows) else np.empty(0, np.int64)
