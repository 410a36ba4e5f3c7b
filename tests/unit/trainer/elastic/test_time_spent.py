"""Where the time of training goes, by a clock that is set by hand."""

import pytest

from lsml_trainer.elastic.time_spent import TimeSpent
from lsml_trainer.spec import TimeShares


def test_before_any_time_has_passed_there_are_no_shares() -> None:
    spent = TimeSpent()
    spent.lap("computing", 5.0)
    spent.lap("computing", 5.0)
    assert spent.shares() is None


def test_every_second_between_two_laps_is_in_one_account() -> None:
    spent = TimeSpent()
    spent.lap("committing", 0.0)
    spent.lap("computing", 0.010, reading=0.002, exchanging=0.003)
    spent.lap("committing", 0.012)
    spent.lap("checkpointing", 0.016)
    wanted = {"reading": 2 / 16, "computing": 5 / 16, "exchanging": 3 / 16, "committing": 2 / 16, "checkpointing": 0.25}
    shares = spent.shares()
    assert shares is not None
    assert shares.model_dump() == pytest.approx(wanted, abs=0.001)


def test_what_was_long_ago_is_forgotten() -> None:
    spent = TimeSpent()
    spent.lap("committing", 0.0)
    spent.lap("computing", 1.0)
    for second in range(2, 102):
        spent.lap("committing", float(second))
    assert spent.shares() == TimeShares(committing=1.0)


def test_more_of_it_than_there_was_is_no_time_that_is_missing() -> None:
    """Two clocks that differ by a tick."""
    spent = TimeSpent()
    spent.lap("committing", 0.0)
    spent.lap("computing", 1.0, exchanging=1.001)
    assert spent.shares() == TimeShares(exchanging=1.0)
