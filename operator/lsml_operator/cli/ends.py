"""How a command ends: an exit code that scripts can rely on, and one sentence where something is wrong."""

import asyncio
import gc
import os
import sys
import traceback
from collections.abc import Callable, Coroutine
from enum import IntEnum
from functools import wraps
from typing import Any, ParamSpec

import typer

GARBAGE = 100_000
"""What commands import is kept to their end.

Looking for garbage in it took a tenth of their time, and a fifth more where the interpreter did so again at its end.
"""
Parameters = ParamSpec("Parameters")


class End(IntEnum):
    """The exit codes of the commands for a cluster."""

    DONE = 0
    JOB_FAILED = 1
    BAD_INPUT = 2
    NOT_FOUND = 3
    UNREACHABLE = 4
    FORBIDDEN = 5
    REFUSED = 6
    """The API server understood and did not accept: a conflict, a quota, an immutable field."""
    TIMED_OUT = 7
    DEFECT = 70
    """EX_SOFTWARE: a mistake in this program, shown with its traceback."""
    INTERRUPTED = 130
    """128 + SIGINT."""
    CLOSED = 141
    """128 + SIGPIPE: whoever reads, as `head`, has read enough."""


EXIT_CODES = (
    "Exit codes: 0 done, 1 the job failed, 2 bad input, 3 not found, 4 the API server cannot be reached, "
    "5 not allowed, 6 refused, 7 timed out, 130 interrupted."
)


class Ended(Exception):
    """What ends a command early; the text is for people."""

    def __init__(self, end: End, sentence: str) -> None:
        super().__init__(sentence)
        self.end = end


def command(work: Callable[Parameters, Coroutine[Any, Any, End]]) -> Callable[Parameters, None]:
    """A command of `lsml` out of a coroutine that gives its end."""

    @wraps(work)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        gc.set_threshold(GARBAGE)
        end = _end_of(lambda: asyncio.run(work(*args, **kwargs)))
        gc.freeze()
        raise typer.Exit(int(end))

    run.__doc__ = f"{work.__doc__}\n\n{EXIT_CODES}"
    return run


def _end_of(work: Callable[[], End]) -> End:
    try:
        return work()
    except KeyboardInterrupt:
        return End.INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nor may the interpreter flush to it at its end
        return End.CLOSED
    except ModuleNotFoundError:
        raise  # `lsml` says which extra is missing
    except Exception as error:  # the one place: whatever happens becomes an exit code and a sentence
        end, sentence = meaning_of(error)
        if end is End.DEFECT:
            traceback.print_exception(error)
        else:
            sys.stderr.write(f"{sentence}\n")
        return end


def meaning_of(error: Exception) -> tuple[End, str]:
    """The exit code and the sentence of whatever went wrong."""
    if isinstance(error, Ended):
        return error.end, str(error)
    from lsml_operator.client import ApiError, NoCluster, Unreachable  # noqa: PLC0415  (a second; seldom needed)
    from lsml_trainer.spec import InvalidSpec  # noqa: PLC0415  (a third of a second; seldom needed)

    if isinstance(error, InvalidSpec):
        return End.BAD_INPUT, str(error)
    if isinstance(error, NoCluster):
        return End.BAD_INPUT, str(error)
    if isinstance(error, Unreachable):
        return End.UNREACHABLE, f"the API server cannot be reached: {error}"
    if isinstance(error, ApiError):
        return _end_of_answer(error.code), error.message or str(error)
    return End.DEFECT, str(error)


def _end_of_answer(code: int) -> End:
    if code in (429, *range(500, 600)):
        return End.UNREACHABLE
    return {400: End.BAD_INPUT, 401: End.FORBIDDEN, 403: End.FORBIDDEN, 404: End.NOT_FOUND, 422: End.BAD_INPUT}.get(
        code, End.REFUSED
    )
