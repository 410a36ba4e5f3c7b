"""Work that is done while the last of it is used: some items are made ahead, by a thread."""

import threading
from collections.abc import Iterator
from queue import Empty, Full, Queue
from typing import Any, TypeVar

T = TypeVar("T")

LOOK_SECONDS = 0.1
"""How often a thread that waits looks whether it is still wanted."""


def ahead(items: Iterator[T], most: int = 1) -> Iterator[T]:
    """The same items, or the same error, `most` of them ahead; what is not asked for any more is not made.

    The first is being made when this returns.
    """
    ready: Queue[tuple[str, Any]] = Queue(maxsize=most)
    unwanted = threading.Event()
    thread = threading.Thread(target=_make, args=(items, ready, unwanted), name="read-ahead", daemon=True)
    thread.start()
    made = _made(ready, unwanted, thread)
    next(made)
    return made


def _made(ready: Queue[tuple[str, Any]], unwanted: threading.Event, thread: threading.Thread) -> Iterator[Any]:
    try:
        yield None  # a generator that has not begun would end without the `finally`, and the thread would not
        while True:
            what, item = _next(ready, thread)
            if what == "error":
                raise item
            if what == "end":
                return
            yield item
    finally:
        unwanted.set()
        thread.join()


def _next(ready: Queue[tuple[str, Any]], thread: threading.Thread) -> tuple[str, Any]:
    while True:
        try:
            return ready.get(timeout=LOOK_SECONDS)
        except Empty:
            assert thread.is_alive() or not ready.empty(), "the thread says how it ends"


def _make(items: Iterator[Any], ready: Queue[tuple[str, Any]], unwanted: threading.Event) -> None:
    try:
        for item in items:
            if not _put(("item", item), ready, unwanted):
                return
        last: tuple[str, Any] = ("end", None)
    except BaseException as error:  # it is the reader's to handle
        last = ("error", error)
    _put(last, ready, unwanted)


def _put(entry: tuple[str, Any], ready: Queue[tuple[str, Any]], unwanted: threading.Event) -> bool:
    while not unwanted.is_set():
        try:
            ready.put(entry, timeout=LOOK_SECONDS)
        except Full:
            continue
        return True
    return False
