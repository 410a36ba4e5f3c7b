"""The cells that rows are drawn from: those of a window, and those of the next one, which a thread reads meanwhile.

    cells here   | window 0 |            window 1 |
    read ahead              | window 1 |           window 2 |

In memory are at most the cells of two windows. Who draws rows in another order has each cell read when it is wanted.
"""

from collections.abc import Callable, Iterator, Sequence

from lsml_trainer.algorithms.base import Rows
from lsml_trainer.data.ahead import ahead

ReadCell = Callable[[int], Rows]


class Windows:
    """Of one shard; only one thread asks it."""

    def __init__(self, read: ReadCell, window_cells: int) -> None:
        self._read, self._most = read, 2 * window_cells
        self._here: dict[int, Rows] = {}
        """The latest at the end."""
        self._announced: tuple[Sequence[int], Sequence[int]] | None = None
        self._awaited: list[int] = []
        self._coming: Iterator[Rows] = iter(())

    def announce(self, now: Sequence[int], soon: Sequence[int]) -> None:
        """From the next rows on that are taken they are of the cells `now`, and later of the cells `soon`."""
        self._announced = now, soon

    def cell(self, cell: int) -> Rows:
        """The rows of a cell; waits for them, or reads them."""
        while cell in self._awaited:
            rows = next(self._coming)
            self._here[self._awaited.pop(0)] = rows
        rows = self._here.pop(cell) if cell in self._here else self._read(cell)
        self._here[cell] = rows
        while self.cells_in_memory > max(1, self._most):
            del self._here[next(iter(self._here))]
        return rows

    @property
    def cells_in_memory(self) -> int:
        """Those that are there, or come."""
        return len(self._here) + len(self._awaited)

    def taken(self) -> None:
        """All cells of some rows were asked for: those of a former window go, and the next one's are read ahead."""
        if self._announced is None:
            return
        (now, soon), self._announced = self._announced, None
        self._here = {cell: rows for cell, rows in self._here.items() if cell in now}
        self._awaited = [cell for cell in soon if cell not in self._here]
        self._coming = ahead(map(self._read, tuple(self._awaited)), most=len(self._awaited) + 1)  # and their end
