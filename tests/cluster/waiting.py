"""Waiting for what must come: with an end, and with a sentence and the object when it does not come."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import yaml

from cluster.api import Unanswered

T = TypeVar("T")

LONG_SECONDS = 180.0
"""Far more than anything should take, on a machine that is busy with other things as well."""


def until(
    sentence: str,
    probe: Callable[[], T | None],
    shown: Callable[[], Any] | None = None,
    within_seconds: float = LONG_SECONDS,
) -> T:
    """What `probe` gives once it gives something true; a server that does not answer counts as not yet.

    Fails with the sentence that did not become true, and with what `shown` shows then.
    """
    deadline = time.monotonic() + within_seconds
    while True:
        try:
            found = probe()
        except Unanswered:
            found = None
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_seconds:.0f} s: {sentence}\n{_text(shown() if shown else found)}")
        time.sleep(0.02)


def stays(sentence: str, probe: Callable[[], Any], shown: Callable[[], Any], for_seconds: float) -> None:
    """`probe` is true now and all through these seconds; fails with the sentence that did not stay true."""
    deadline = time.monotonic() + for_seconds
    while time.monotonic() < deadline:
        if not probe():
            raise AssertionError(f"not so any more: {sentence}\n{_text(shown())}")
        time.sleep(0.05)


def _text(seen: Any) -> str:
    return yaml.safe_dump(seen, sort_keys=False, allow_unicode=True, width=120)
