"""Tells the person in front of the terminal what is being done and how long it took.

Must not be used by commands whose output is meant for a program (`kubeconfig`).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

_WORTH_TELLING_SECONDS = 0.1


def say(sentence: str) -> None:
    """Print a line at once, also into a pipe."""
    print(sentence, flush=True)


@contextmanager
def step(title: str, *, takes_long: bool = False) -> Iterator[None]:
    """Print `title: 1.2 s` when the block is done, and before that `title ...` where it `takes_long`.

    Nothing when it fails, since its error says more, and nothing when there was nothing to do.
    """
    if takes_long:
        say(f"{title} ...")
    started = time.monotonic()
    yield
    if time.monotonic() - started > _WORTH_TELLING_SECONDS:
        say(f"{title}: {seconds_since(started)}")


def seconds_since(started: float) -> str:
    """`0.4 s`, `12 s`: tenths only where they matter."""
    seconds = time.monotonic() - started
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
