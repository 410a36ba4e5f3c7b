"""Shards that are read from a source whenever they are wanted, and kept in memory as far as there is room.

A shard is a range of the source's rows, cut into cells of the same length. A cell's rows that are chosen, preprocessed,
are one chunk, so that chunks begin at the same rows whoever reads them and however much is kept. What draws rows at
random draws them from a window of a few cells, while those of the next one are read (`windows.py`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Rows, joined
from lsml_trainer.algorithms.shuffle import Cells
from lsml_trainer.data.ahead import ahead
from lsml_trainer.data.choice import Mask
from lsml_trainer.data.sources import Source, regrouped
from lsml_trainer.data.table import Table
from lsml_trainer.data.windows import Windows

Chosen = Callable[[int, int], Mask]
"""Which rows of a range are the shard's."""
ToRows = Callable[[Table], Rows]
"""Preprocesses."""


@dataclass
class Keeper:
    """Cells that stay in memory: the first that come, until there is no room. All shards of a worker share one."""

    budget_bytes: int
    _kept: dict[tuple[Any, int], Rows] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def get(self, shard: Any, cell: int) -> Rows | None:
        """The cell, if it is kept."""
        return self._kept.get((shard, cell))

    def offer(self, shard: Any, cell: int, rows: Rows) -> None:
        """Keep it if there is room. Nothing is ever sent away: of what is read in turns the last would always go."""
        size = sum(array.nbytes for array in rows if array is not None)
        with self._lock:
            if size <= self.budget_bytes and (shard, cell) not in self._kept:
                self.budget_bytes -= size
                self._kept[shard, cell] = rows


@dataclass(frozen=True)
class StreamedShard:
    """A Shard whose rows are in a source."""

    index: int
    source: Source
    begin: int
    end: int
    """Of the source's rows."""
    cell_rows: int
    chosen: Chosen
    to_rows: ToRows
    keeper: Keeper
    name: str = "train"
    """Tells held-out rows from those to train on."""
    window_cells: int = 0
    """How many cells rows are drawn from at a time; 0: from all of them."""

    @property
    def rows(self) -> int:
        """As Shard."""
        return int(self._starts[-1])

    @cached_property
    def cells(self) -> Cells | None:
        """As Shard."""
        return Cells(self._starts, self.window_cells, self._announce) if self.window_cells else None

    @cached_property
    def _windows(self) -> Windows:
        return Windows(lambda cell: next(iter(self._read(cell, cell + 1))), self.window_cells)

    def _announce(self, now: Sequence[int], soon: Sequence[int]) -> None:
        self._windows.announce(now, [cell for cell in soon if self._kept(cell) is None])

    @cached_property
    def _edges(self) -> list[int]:
        """Where cells begin in the source, and the end."""
        return [*range(self.begin, max(self.end, self.begin + 1), self.cell_rows), self.end]

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        """The first of the shard's rows in each cell, and the number of all."""
        edges = self._edges
        counts = [int(self.chosen(edges[i], edges[i + 1]).sum()) for i in range(len(edges) - 1)]
        return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])

    def chunks(self) -> Iterator[Rows]:
        """As Shard; what is not kept is read ahead."""
        cells = len(self._edges) - 1
        first = next((cell for cell in range(cells) if self._kept(cell) is None), cells)
        for cell in range(first):
            kept = self._kept(cell)
            assert kept is not None, "nothing that is kept is sent away"
            yield kept
        if first < cells:
            yield from ahead(self._read(first, cells))

    def take(self, which: NDArray[np.int64] | slice) -> Rows:
        """As Shard; a cell that is not kept is read for it."""
        row_N = np.arange(self.rows)[which] if isinstance(which, slice) else np.asarray(which)
        if not len(row_N):
            return self.to_rows(self.source.head)
        cell_N = np.searchsorted(self._starts, row_N, side="right") - 1
        cells, first_C = np.unique(cell_N, return_index=True)
        wanted = cells[np.argsort(first_C)]  # what is wanted last stays longest: the window that goes on
        place_CN = [np.flatnonzero(cell_N == cell) for cell in wanted]
        parts = [
            self._cell(int(cell)).at(row_N[place_N] - self._starts[cell])
            for cell, place_N in zip(wanted, place_CN, strict=True)
        ]
        self._windows.taken()
        back_N = np.empty_like(cell_N)
        back_N[np.concatenate(place_CN)] = np.arange(len(row_N))
        return joined(parts).at(back_N)

    def _cell(self, cell: int) -> Rows:
        return self._kept(cell) or self._windows.cell(cell)

    def _kept(self, cell: int) -> Rows | None:
        return self.keeper.get((self.name, self.index), cell)

    def _read(self, first: int, after: int) -> Iterator[Rows]:
        """Cells one after the other."""
        edges = self._edges[first : after + 1]
        lengths = np.diff(edges).tolist()
        blocks = self.source.read(edges[0], edges[-1]) if edges[0] < edges[-1] else iter([self.source.head])
        for cell, table in enumerate(regrouped(blocks, lengths), first):
            chosen_N = self.chosen(self._edges[cell], self._edges[cell + 1])
            rows = self.to_rows(table if chosen_N.all() else table.only(np.flatnonzero(chosen_N)))
            self.keeper.offer((self.name, self.index), cell, rows)
            yield rows
