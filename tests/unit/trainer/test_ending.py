"""What each error means: for the process, and in words."""

from pathlib import Path

import pytest

from lsml_trainer.algorithms.base import Diverged, Unsuitable, UserCodeFailed
from lsml_trainer.ending import ending_of, write_ending
from lsml_trainer.errors import AskedToLeave, InvalidData, OutputUnavailable
from lsml_trainer.folders import OutsideOfClaim
from lsml_trainer.spec import Ending, Exit, InvalidSpec

MEANINGS: dict[str, tuple[BaseException, int, str, str]] = {
    "two mistakes in a specification": (InvalidSpec("a: b\nc: d"), Exit.INVALID, "InvalidSpec", "a: b; c: d"),
    "an output that leaves its claim": (OutsideOfClaim("x: '..'"), Exit.INVALID, "InvalidSpec", "x: '..'"),
    "bad data": (InvalidData("column 'a'"), Exit.INVALID, "InvalidData", "column 'a'"),
    "data that the algorithm cannot take": (Unsuitable("label 'a'"), Exit.INVALID, "InvalidData", "label 'a'"),
    "no loss any more": (Diverged("lower it"), Exit.DIVERGED, "Diverged", "lower it"),
    "no space": (OutputUnavailable("no space"), Exit.TRY_AGAIN, "OutputUnavailable", "no space"),
    "SIGTERM": (AskedToLeave("after step 7"), Exit.ASKED_TO_LEAVE, "AskedToLeave", "after step 7"),
    "no memory": (
        MemoryError("Unable to allocate 8 GiB"),
        Exit.KILLED,
        "OutOfMemory",
        "out of memory (Unable to allocate 8 GiB); raise workers.resources.limits.memory, "
        "or take fewer rows or features",
    ),
    "the user's code": (UserCodeFailed("a:b raised x"), 1, "UserCodeFailed", "a:b raised x"),
    "a defect": (ZeroDivisionError("division by zero"), 1, "InternalError", "ZeroDivisionError: division by zero"),
    "a defect without words": (AssertionError(), 1, "InternalError", "AssertionError: no message"),
    "a file that is gone": (OSError(2, "gone"), 1, "InternalError", "FileNotFoundError: [Errno 2] gone"),
}


@pytest.mark.parametrize(("error", "code", "reason", "message"), MEANINGS.values(), ids=MEANINGS)
def test_an_error_is_an_exit_code_a_reason_and_a_sentence(
    error: BaseException, code: int, reason: str, message: str
) -> None:
    """45, 49"""
    found, ending = ending_of(error, None)
    assert (found, ending.reason, ending.message) == (code, reason, message)
    assert (ending.traceback is not None) == (code == 1)


def test_the_traceback_of_the_users_code_is_of_what_it_raised() -> None:
    """49"""
    try:
        raise UserCodeFailed("a:b raised x") from ZeroDivisionError("no rows of colour")
    except UserCodeFailed as error:
        _, ending = ending_of(error, None)
    assert ending.traceback == "ZeroDivisionError: no rows of colour\n"


def test_a_sentence_without_end_is_cut() -> None:
    _, ending = ending_of(InvalidData("x" * 10_000), None)
    assert (len(ending.message), ending.message[-1]) == (1024, "…")


def test_where_nobody_listens_nothing_is_said(tmp_path: Path) -> None:
    write_ending(tmp_path / "no" / "log", Ending(reason="Completed", message="done"))
    write_ending(tmp_path / "log", Ending(reason="Completed", message="done"))
    assert list(tmp_path.iterdir()) == []
