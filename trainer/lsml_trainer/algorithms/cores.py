"""Many small blocks on all cores: each core takes blocks, and the numerical library keeps to the core that called it.

The library's own threads wait for each other at the end of every small product, which costs a scheduler's turn as soon
as a core is busy with something else (measured beside a compiler: 7 times the time). And so the bits do not depend on
how many cores a machine has.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import Generic, TypeVar

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


class Cores:
    """As many cores as the numerical library was given (OMP_NUM_THREADS)."""

    def __init__(self) -> None:
        self._library = ThreadpoolController().select(user_api="blas")
        self._count = max((each.num_threads for each in self._library.lib_controllers), default=1)
        self._pool = ThreadPoolExecutor(self._count, "lsml")  # starts no thread before it has work

    @contextmanager
    def alone(self) -> Iterator[None]:
        """The numerical library keeps to the calling core; 30 microseconds."""
        with self._library.limit(limits=1, user_api="blas"):
            yield

    def each(self, work: Callable[[slice], object], rows: int, step: int) -> None:
        """`work` has been done for all rows, `step` of them at a time; within `alone`."""
        slices = [slice(start, min(start + step, rows)) for start in range(0, rows, step)]
        if self._count == 1 or len(slices) < 2:
            for some in slices:
                work(some)
        else:
            list(self._pool.map(work, slices))

    def in_order(self, work: Callable[[ItemT], ResultT], items: Iterable[ItemT]) -> Iterator[ResultT]:
        """The results in the order of the items, made by all cores; within `alone`.

        A core takes an item when it is free for it: no more of them are in memory than there are cores.
        """
        line = _Line(work, items)
        if not line.advance():
            return
        others = [self._pool.submit(line.to_the_end) for _ in range(self._count - 1)] if line.advance() else []
        yield from line.ready()
        while line.advance():
            yield from line.ready()
        for other in others:
            other.result()
        yield from line.ready()


class _Line(Generic[ItemT, ResultT]):
    """Items that several cores take, and their results, put back into order."""

    def __init__(self, work: Callable[[ItemT], ResultT], items: Iterable[ItemT]) -> None:
        self._work, self._items = work, enumerate(items)
        self._lock = Lock()
        self._results: dict[int, ResultT] = {}
        self._given = 0

    def advance(self) -> bool:
        """Works on the next item; False where there is none."""
        with self._lock:
            following = next(self._items, None)
        if following is None:
            return False
        index, item = following
        result = self._work(item)
        with self._lock:
            self._results[index] = result
        return True

    def to_the_end(self) -> None:
        """Until nothing is left to take."""
        while self.advance():
            pass

    def ready(self) -> list[ResultT]:
        """The results that are next in order and there."""
        found = []
        with self._lock:
            while self._given in self._results:
                found.append(self._results.pop(self._given))
                self._given += 1
        return found
