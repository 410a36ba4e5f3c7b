"""How a worker's process ends: the exit code and the termination message of each error. Pure but for `write_ending`."""

import traceback
from pathlib import Path

from lsml_trainer.algorithms.base import Diverged, Unsuitable, UserCodeFailed
from lsml_trainer.errors import (
    AskedToLeave,
    DataUnavailable,
    InvalidCheckpoint,
    InvalidData,
    InvalidLedger,
    InvalidModel,
    OutputUnavailable,
    TeamFailed,
)
from lsml_trainer.spec import TERMINATION_MESSAGE_BYTES, Ending, Exit, InvalidSpec, Report

CRASHED = 1  # what Python's interpreter ends with, too
MESSAGE_CHARACTERS = 1024  # what Ending takes
TRACEBACK_CHARACTERS = 2048

# The first that fits; anything else is a crash.
MEANINGS: tuple[tuple[type[BaseException], Exit, str], ...] = (
    (InvalidSpec, Exit.INVALID, "InvalidSpec"),
    (InvalidData, Exit.INVALID, "InvalidData"),
    (Unsuitable, Exit.INVALID, "InvalidData"),
    (InvalidModel, Exit.INVALID, "InvalidSpec"),
    (InvalidLedger, Exit.INVALID, "InvalidLedger"),
    (InvalidCheckpoint, Exit.INVALID, "InvalidCheckpoint"),
    (Diverged, Exit.DIVERGED, "Diverged"),
    (DataUnavailable, Exit.TRY_AGAIN, "DataUnavailable"),
    (OutputUnavailable, Exit.TRY_AGAIN, "OutputUnavailable"),
    (AskedToLeave, Exit.ASKED_TO_LEAVE, "AskedToLeave"),
    (MemoryError, Exit.KILLED, "OutOfMemory"),
    (TeamFailed, Exit.TRY_AGAIN, "TeamFailed"),
)


def ending_of(error: BaseException | None, report: Report | None) -> tuple[int, Ending]:
    """The exit code and the message; without an error the job is complete."""
    if error is None:
        return Exit.DONE, Ending(reason="Completed", message="the job is complete", report=report)
    for kind, code, reason in MEANINGS:
        if isinstance(error, kind):
            return code, Ending(reason=reason, message=_sentence(error), report=report)
    users = isinstance(error, UserCodeFailed)
    told = error.__cause__ if users and error.__cause__ else error
    tail = "".join(traceback.format_exception(told))[-TRACEBACK_CHARACTERS:]
    reason = "UserCodeFailed" if users else "InternalError"
    return CRASHED, Ending(reason=reason, message=_sentence(error), traceback=tail, report=report)


def write_ending(path: Path, ending: Ending) -> None:
    """Writes the message where the kubelet reads it; outside of a pod there is no such file, and nothing is written."""
    try:
        with path.open("r+b") as file:
            file.truncate()
            file.write(fitted(ending).to_json().encode())
    except OSError:
        pass  # the exit code still says the most; nothing else may go wrong at the end


def fitted(ending: Ending) -> Ending:
    """Short enough for the kubelet: the traceback is cut first, then the message, then the report goes."""
    while len(ending.to_json().encode()) > TERMINATION_MESSAGE_BYTES:
        ending = _shorter(ending)
    return ending


def _shorter(ending: Ending) -> Ending:
    if ending.traceback:
        return ending.model_copy(update={"traceback": ending.traceback[len(ending.traceback) // 2 + 1 :] or None})
    if len(ending.message) > 128:
        return ending.model_copy(update={"message": f"{ending.message[: len(ending.message) // 2]}…"})
    return ending.model_copy(update={"report": None})


def _sentence(error: BaseException) -> str:
    text = "; ".join(str(error).splitlines()) or "no message"
    if isinstance(error, MemoryError):
        text = f"out of memory ({text}); raise workers.resources.limits.memory, or take fewer rows or features"
    elif not isinstance(error, (UserCodeFailed, *(kind for kind, _, _ in MEANINGS))):
        text = f"{type(error).__name__}: {text}"
    return text if len(text) <= MESSAGE_CHARACTERS else f"{text[: MESSAGE_CHARACTERS - 1]}…"
