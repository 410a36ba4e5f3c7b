"""The next window's cells are read while rows are drawn from this one's, each once; no more than two windows stay."""

import threading
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsml_trainer.algorithms.base import Rows
from lsml_trainer.data.windows import Windows

WINDOWS = [[4, 9], [0, 7], [2, 5]]


class Source:
    """Cells of one row, whose number it holds; remembers what was read, and lets nobody wait without end."""

    def __init__(self) -> None:
        self.read: Counter[int] = Counter()
        self._changed = threading.Condition()

    def __call__(self, cell: int) -> Rows:
        with self._changed:
            self.read[cell] += 1
            self._changed.notify_all()
        return Rows(np.full((1, 1), float(cell)), np.zeros(1))

    def until_read(self, *cells: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.read.keys() >= set(cells), timeout=60), f"only {self.read}"


def value(windows: Windows, cell: int) -> float:
    return float(windows.cell(cell).x_ND[0, 0])


def test_the_next_window_is_read_before_it_is_wanted() -> None:
    source = Source()
    windows = Windows(source, 2)
    windows.announce(WINDOWS[0], WINDOWS[1])
    assert [value(windows, cell) for cell in (9, 4)] == [9.0, 4.0]
    assert source.read.keys() == {4, 9}
    windows.taken()
    source.until_read(*WINDOWS[1])


def test_in_an_epoch_each_cell_is_read_once() -> None:
    source = Source()
    windows = Windows(source, 2)
    for index, now in enumerate(WINDOWS):
        windows.announce(now, WINDOWS[index + 1] if index + 1 < len(WINDOWS) else [])
        for former in WINDOWS[max(0, index - 1)]:  # rows of a step may be of both
            assert value(windows, former) == former
        for cell in (*now, *reversed(now)):
            assert value(windows, cell) == cell
        windows.taken()
    assert source.read == Counter([cell for window in WINDOWS for cell in window])


@settings(deadline=None)  # threads
@given(st.lists(st.one_of(st.integers(0, 9), st.sampled_from([(0, 1), (1, 2), (2, 0)])), max_size=30))
def test_whatever_is_asked_for_is_given_and_little_is_kept(asked: list[int | tuple[int, int]]) -> None:
    """Numbers are cells that are asked for; pairs are windows that begin, as when a block is undone."""
    windows = Windows(Source(), 2)
    for one in asked:
        if isinstance(one, tuple):
            windows.announce(WINDOWS[one[0]], WINDOWS[one[1]])
        else:
            assert value(windows, one) == one
            windows.taken()
            assert windows.cells_in_memory <= 4


def test_an_error_of_the_thread_is_the_readers() -> None:
    def fails(cell: int) -> Rows:
        if cell == 7:
            raise OSError("the disk is gone")
        return Source()(cell)

    windows = Windows(fails, 2)
    windows.announce(WINDOWS[0], WINDOWS[1])
    windows.taken()
    assert value(windows, 0) == 0.0
    with pytest.raises(OSError, match="the disk is gone"):
        windows.cell(7)


def test_no_thread_outlives_it() -> None:
    before = threading.active_count()
    windows = Windows(Source(), 2)
    windows.announce(WINDOWS[0], WINDOWS[1])
    windows.taken()
    del windows
    assert threading.active_count() == before
