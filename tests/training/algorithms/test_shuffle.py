"""The order of an epoch: each row once whatever the cells, each cell in one window, and in memory as one."""

from functools import partial

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lsml_trainer.algorithms.batches import Batches, Purpose, random
from lsml_trainer.algorithms.shuffle import Cells

LENGTHS = st.lists(st.integers(0, 9), min_size=1, max_size=12)


def cells(lengths: list[int], together: int) -> Cells:
    return Cells(np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]), together)


@given(LENGTHS, st.integers(1, 13), st.integers(1, 20))
def test_an_epoch_has_each_row_once_and_wants_each_cell_in_one_window(
    lengths: list[int], together: int, batch_rows: int
) -> None:
    rows = sum(lengths)
    if rows == 0:
        return
    batches, its = Batches(3, batch_rows, rows), cells(lengths, together)
    of_shard = partial(batches.of_shard, shard=0, shard_rows=(rows,), cells=its)
    for epoch in range(2):
        steps = range(epoch * batches.epoch_steps, (epoch + 1) * batches.epoch_steps)
        order_N = np.concatenate([of_shard(step) for step in steps])
        assert sorted(order_N.tolist()) == list(range(rows))
        np.testing.assert_array_equal(of_shard(steps[0], steps=len(steps)), order_N)
        cell_N = np.searchsorted(its.starts_C, order_N, side="right") - 1
        for cell in np.unique(cell_N):
            place_N = np.flatnonzero(cell_N == cell)
            between = set(cell_N[place_N[0] : place_N[-1] + 1].tolist())
            assert len(between) <= together
        if together >= len(lengths):
            as_one = random(3, Purpose.ORDER, epoch, 0).permutation(rows)
            np.testing.assert_array_equal(order_N, as_one)


def test_windows_have_other_cells_and_other_orders_in_each_epoch_seed_and_shard() -> None:
    its = cells([4] * 10, 2)
    batches = [Batches(seed, 40, 40) for seed in (1, 2)]
    orders = [one.of_shard(step, shard, (40, 40), cells=its) for one in batches for step in (0, 2) for shard in (0, 1)]
    firsts = [frozenset((order_N[:8] // 4).tolist()) for order_N in orders]
    assert len({order_N.tobytes() for order_N in orders}) == len(orders)
    assert len(set(firsts)) > 4
    forgotten = Batches(1, 40, 40).of_shard(0, 0, (40, 40), cells=its)
    np.testing.assert_array_equal(forgotten, orders[0])


def test_the_cells_of_some_rows_are_the_cells_they_were_in() -> None:
    among = cells([3, 3, 2], 2).among(np.array([1, 2, 6, 7]))
    assert among.starts_C.tolist() == [0, 2, 2, 4]
