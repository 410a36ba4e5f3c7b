"""Which rows a step reads: every row once an epoch, in full batches, whatever the shards are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsml_trainer.algorithms.batches import Batches, Purpose, dealt, random

DEALT = {
    "one shard: the batch": ((10,), 4, (4,)),
    "equal shards share equally": ((10, 10, 10, 10), 8, (2, 2, 2, 2)),
    "a batch that L does not divide: the first shards come first": ((10, 10, 10, 10), 6, (2, 2, 1, 1)),
    "a batch of one": ((10, 10), 1, (1, 0)),
    "uneven shards give their share": ((30, 10), 4, (3, 1)),
    "an empty shard gives nothing": ((0, 10), 3, (0, 3)),
    "at the end all are dealt": ((7, 0, 1, 4), 12, (7, 0, 1, 4)),
    "nothing is dealt at the start": ((7, 1), 0, (0, 0)),
    "sizes that floating point can not tell apart": ((10**9 + 1, 10**9), 2 * 10**9, (10**9, 10**9)),
}


@pytest.mark.parametrize(("shard_rows", "count", "want"), DEALT.values(), ids=DEALT)
def test_dealt(shard_rows, count, want):
    assert dealt(shard_rows, count) == want


@given(st.integers(0, 4).flatmap(lambda log: st.lists(st.integers(0, 40), min_size=2**log, max_size=2**log)), st.data())
def test_dealing_takes_nothing_back_and_keeps_to_the_shares(shard_rows, data):
    rows = sum(shard_rows)
    if rows == 0:
        return
    batch = data.draw(st.integers(1, rows))
    before = (0,) * len(shard_rows)
    for count in [*range(batch, rows, batch), rows]:
        after = dealt(tuple(shard_rows), count)
        assert sum(after) == count
        assert all(b <= a for b, a in zip(before, after, strict=True))
        # Never a row ahead of the place (count + shards / 2) / rows, never one behind (count - shards / 2) / rows.
        slack = 0.5 * len(shard_rows)
        assert all(abs(a - n * count / rows) <= slack * n / rows + 0.5 for a, n in zip(after, shard_rows, strict=True))
        before = after
    assert before == tuple(shard_rows)


def test_every_row_counts_once_an_epoch_and_every_batch_is_full_but_the_last():
    shard_rows = (11, 0, 7, 5)
    batches = Batches(seed=3, batch_rows=5, rows=23)
    assert batches.epoch_steps == 5
    assert [batches.rows_before(step) for step in range(11)] == [0, 5, 10, 15, 20, 23, 28, 33, 38, 43, 46]
    for epoch in range(2):
        steps = range(5 * epoch, 5 * epoch + 5)
        assert [batches.rows(step) for step in steps] == [5, 5, 5, 5, 3]
        read = [[batches.of_shard(step, shard, shard_rows) for step in steps] for shard in range(4)]
        assert [sum(len(read[shard][step]) for shard in range(4)) for step in range(5)] == [5, 5, 5, 5, 3]
        for shard, rows in enumerate(shard_rows):
            assert sorted(np.concatenate(read[shard]).tolist()) == list(range(rows))


def test_the_order_is_a_function_of_seed_epoch_and_shard_only():
    sizes = (50, 50)
    forwards, backwards = Batches(1, 100, 100), Batches(1, 100, 100)
    orders = {(step, shard): forwards.of_shard(step, shard, sizes) for step in range(3) for shard in range(2)}
    for (step, shard), order in reversed(orders.items()):
        np.testing.assert_array_equal(backwards.of_shard(step, shard, sizes), order)
    orders["another seed"] = Batches(2, 100, 100).of_shard(0, 0, sizes)
    assert len({order.tobytes() for order in orders.values()}) == 7


def test_streams_of_random_numbers_do_not_meet():
    places = [(0, Purpose.ORDER, 0, 0), (1, Purpose.ORDER, 0, 0), (0, Purpose.DROPOUT, 0, 0)]
    places += [(0, Purpose.ORDER, 1, 0), (0, Purpose.ORDER, 0, 1)]
    assert len({random(*place).bytes(16) for place in places}) == 5
    assert random(*places[0]).bytes(16) == random(*places[0]).bytes(16)
