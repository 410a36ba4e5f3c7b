"""Many small blocks on all cores: each core takes blocks, and the numerical library keeps to the core that called it.

The library's own threads wait for each other at the end of every small product, which costs a scheduler's turn as soon
as a core is busy with something else (measured beside a compiler: 7 times the time). And so the bits do not depend on
how many cores a machine has.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]


class Cores:
    """As many cores as the numerical library was given (OMP_NUM_THREADS)."""

    def __init__(self) -> None:
        self._library = ThreadpoolController().select(user_api="blas")
        self._count = max((each.num_threads for each in self._library.lib_controllers), default=1)
        self._pool = ThreadPoolExecutor(self._count, "svm")  # starts no thread before it has work

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
