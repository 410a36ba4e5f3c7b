"""Ctrl-C where a checkpoint can be left: asked once, the training ends after its block; asked twice, at once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

from lsml_trainer.spec import Report


@contextmanager
def leaving_on_interrupt() -> Iterator[Event]:
    """Set by the first SIGINT; the second raises KeyboardInterrupt."""
    leave = Event()

    def asked(number: int, frame: FrameType | None) -> None:
        if leave.is_set():
            signal.default_int_handler(number, frame)
        leave.set()

    former = signal.signal(signal.SIGINT, asked)
    try:
        yield leave
    finally:
        signal.signal(signal.SIGINT, former)


def interrupted(number: int, frame: FrameType | None) -> None:
    """What Ctrl-C does, also where it is ignored itself, as in the background of a script."""
    handler = signal.getsignal(signal.SIGINT)
    (handler if callable(handler) else signal.default_int_handler)(number, frame)


def left_sentence(report: Report) -> str:
    """Where the training goes on."""
    kept = report.checkpoint
    if kept is None or kept.step is None:
        return "Stopped; no model and no checkpoint was saved."
    if kept.problem:
        return f"Stopped; {kept.problem}."
    where = kept.uri.removeprefix("file://")
    return f"Stopped after step {kept.step}; the same command goes on from the checkpoint in {where}."
