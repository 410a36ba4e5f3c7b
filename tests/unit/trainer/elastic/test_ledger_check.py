"""What a ledger shows: honest ones pass, and each way of not being exactly once has its sentence."""

from collections.abc import Sequence
from typing import Any

import pytest

from lsml_trainer.elastic.ledger_check import Totals, check
from lsml_trainer.elastic.ledger_files import Account
from lsml_trainer.elastic.ledger_lines import Block, Commit, End, Line, Opening, Stay, digest_of_shard
from lsml_trainer.errors import InvalidLedger, NotExactlyOnce

SHARD_ROWS = (5, 4, 4, 4)


def an_account(file: str, *lines: Line, job: str = "digits") -> Account:
    return Account(file, Opening(format=1, worker=file, job=job, shards=4), lines)


def stay(generation: int, after: int, held: Sequence[int], team: str = "") -> Stay:
    rows, first = tuple(SHARD_ROWS[shard] for shard in held), held[0] if held else 0
    return Stay(generation=generation, team=team, after=after, first_shard=first, shard_rows=rows)


def counted(first: int, last: int, **rows: int) -> tuple[Line, Line]:
    return Block(first=first, last=last, **rows), Commit(committed=last)


def an_epoch(epoch: int, held: Sequence[int]) -> dict[str, int]:
    """Of a block that is a whole epoch."""
    digest = sum(digest_of_shard(epoch, shard, SHARD_ROWS[shard]) for shard in held) % 2**64
    return {"rows": sum(SHARD_ROWS[shard] for shard in held), "digest": digest}


ALL, LEFT, RIGHT = range(4), range(2), range(2, 4)
DONE = End(done=20, epochs=2)


def disturbed(**changed: tuple[Line, ...]) -> list[Account]:
    """Two epochs of ten steps; b joins after the first one, and c takes the place of b, which is killed in the last."""
    lines = {
        "a": (
            *(stay(1, 0, ALL), *counted(1, 10, **an_epoch(0, ALL))),
            *(stay(2, 10, LEFT), Block(first=11, last=20, **an_epoch(1, LEFT))),
            *(stay(3, 10, LEFT), *counted(11, 20, **an_epoch(1, LEFT)), DONE),
        ),
        "b": (stay(2, 10, RIGHT), Block(first=11, last=20, **an_epoch(1, RIGHT))),
        "c": (stay(3, 10, RIGHT), *counted(11, 20, **an_epoch(1, RIGHT)), DONE),
    }
    return [an_account(file, *found) for file, found in {**lines, **changed}.items()]


def passes(*lines: Line) -> list[Account]:
    """Of an algorithm that reads whole shards."""
    return [an_account("a", *lines)]


HONEST = {
    "a member lost in a block": (disturbed(), Totals(20, True, 2, 17, 3, 3, 0)),
    "whole passes": (passes(stay(1, 0, ALL), *counted(1, 300), End(done=300)), Totals(300, True, None, 17, 1, 1, 0)),
    "under way": (passes(stay(1, 0, ALL), *counted(1, 7), Block(first=8, last=9)), Totals(7, False, None, 17, 1, 1, 0)),
    "all lost after the last checkpoint": (
        [
            an_account("a", stay(1, 0, ALL), *counted(1, 7), *counted(8, 9)),
            an_account("b", stay(2, 7, ALL), *counted(8, 12), End(done=12)),
        ],
        Totals(12, True, None, 17, 2, 2, 2),
    ),
    "a commit that came too late": (
        disturbed(b=(stay(2, 10, RIGHT), *counted(11, 14))),
        Totals(20, True, 2, 17, 3, 3, 4),
    ),
    "two teams that could not hear each other": (
        [
            an_account("a", stay(1, 0, LEFT), *counted(1, 7), stay(2, 7, ALL, "a"), *counted(8, 9)),
            an_account("b", stay(1, 0, RIGHT), *counted(1, 7), stay(2, 7, ALL, "b"), *counted(8, 12), End(done=12)),
        ],
        Totals(12, True, None, 17, 2, 3, 2),
    ),
    "one who came while nobody coordinated, and began anew": (
        [
            an_account("a", stay(1, 0, ALL, "a"), *counted(1, 12), End(done=12)),
            an_account("c", stay(2, 0, ALL, "c"), *counted(1, 7)),
        ],
        Totals(12, True, None, 17, 2, 2, 7),
    ),
    "who committed did not live to tell": (
        [
            an_account("a", stay(1, 0, LEFT), *counted(1, 7), stay(2, 7, ALL), *counted(8, 9), End(done=9)),
            an_account("b", stay(1, 0, RIGHT), Block(first=1, last=7)),
        ],
        Totals(9, True, None, 17, 2, 2, 0),
    ),
}


@pytest.mark.parametrize(("accounts", "wanted"), HONEST.values(), ids=HONEST)
def test_an_honest_ledger_passes(accounts: list[Account], wanted: Totals) -> None:
    assert check(accounts) == wanted


C_ROWS = an_epoch(1, RIGHT)
A_ROW_TWICE = {**C_ROWS, "rows": C_ROWS["rows"] + 1}
ANOTHER_ROW = {**C_ROWS, "digest": C_ROWS["digest"] ^ 1}
WRONG: dict[str, tuple[list[Account], str]] = {
    "a row twice": (
        disturbed(c=(stay(3, 10, RIGHT), *counted(11, 20, **A_ROW_TWICE), DONE)),
        "35 rows were consumed, 34 should be (2 epochs of 17): some of them twice",
    ),
    "a row never": (
        disturbed(c=(stay(3, 10, RIGHT), *counted(11, 20, digest=0, rows=7), DONE)),
        "33 rows were consumed, 34 should be (2 epochs of 17): some of them never",
    ),
    "a row instead of another": (
        disturbed(c=(stay(3, 10, RIGHT), *counted(11, 20, **ANOTHER_ROW), DONE)),
        "34 rows were consumed, as many as there should be, but not each once an epoch: one is missing for each that "
        "counts twice",
    ),
    "a step missing": (
        passes(stay(1, 0, ALL), *counted(1, 7), *counted(9, 12), End(done=12)),
        "generation 1: step 8 is missing in a",
    ),
    "the last steps missing": (
        disturbed(c=(stay(3, 10, RIGHT), *counted(11, 18))),
        "generation 3: steps 19 to 20 are missing in c",
    ),
    "steps twice": (
        passes(stay(1, 0, ALL), *counted(1, 7), *counted(6, 12), End(done=12)),
        "generation 1: steps 6 to 7 are there twice in a",
    ),
    "the first steps missing": (
        passes(stay(4, 500, ALL), *counted(501, 600), End(done=600)),
        "generation 4 goes on from step 500, which no earlier one has reached",
    ),
    "a shard in two hands": (
        disturbed(c=(stay(3, 10, range(1, 4)), *counted(11, 20), DONE)),
        "generation 3: shard 1 was consumed twice, by a and by c",
    ),
    "a shard in no hand": (
        disturbed(c=(stay(3, 10, range(2, 3)), *counted(11, 20), DONE)),
        "generation 3: shard 3 was consumed by nobody",
    ),
    "a generation that went on when it was over": (
        passes(stay(2, 0, ALL), *counted(1, 7), stay(1, 7, ALL), *counted(8, 9), End(done=9)),
        "a: generation 1 comes after generation 2; a team that is over was gone on with",
    ),
    "two beginnings": (
        disturbed(c=(stay(3, 12, RIGHT), *counted(13, 20), DONE)),
        "generation 3 began after different steps: 10 and 12",
    ),
    "rows that changed": (
        disturbed(b=(Stay(generation=2, after=10, first_shard=2, shard_rows=(4, 3)),)),
        "shard 3 had 4 rows, and 3 in b",
    ),
}


@pytest.mark.parametrize(("accounts", "words"), WRONG.values(), ids=WRONG)
def test_what_is_not_exactly_once_is_said(accounts: list[Account], words: str) -> None:
    with pytest.raises(NotExactlyOnce) as refused:
        check(accounts)
    assert str(refused.value) == words


UNREADABLE: dict[str, tuple[list[Any], str]] = {
    "nothing": ([], "there is no ledger in it; `spec.ledger` of a TrainingJob names its folder"),
    "two jobs": (
        [an_account("a"), an_account("b", job="iris")],
        "it holds the ledgers of 2 jobs; each needs a folder of its own",
    ),
}


@pytest.mark.parametrize(("accounts", "words"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_ledger_is_said(accounts: list[Account], words: str) -> None:
    with pytest.raises(InvalidLedger) as refused:
        check(accounts)
    assert str(refused.value) == words
