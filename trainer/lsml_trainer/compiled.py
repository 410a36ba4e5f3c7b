"""Loops that numpy cannot fuse, compiled by numba at their first call: a decorator, and nothing else.

The machine code is kept between processes where a cache can be written (beside the file, or NUMBA_CACHE_DIR, or the
user's cache); in a read-only pod each process compiles anew, about a second a function.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeVar, cast

import numba

FunctionT = TypeVar("FunctionT", bound=Callable[..., object])

# Sums may be reordered, which is what lets a loop use the vector unit. Infinities keep their meaning, and the bits
# depend on the processor alone: not on threads, not on who calls.
_MATHEMATICS = {"nnan", "nsz", "reassoc", "contract", "arcp"}


def compiled(function: FunctionT) -> FunctionT:
    """The function as machine code that lets other threads run."""
    return _compiled(function, _MATHEMATICS)


def compiled_exactly(function: FunctionT) -> FunctionT:
    """As compiled, but every sum and quotient is taken as it is written, to the bit."""
    return _compiled(function, set())


def _compiled(function: FunctionT, mathematics: set[str]) -> FunctionT:
    compile_it = partial(numba.njit, nogil=True, error_model="numpy", fastmath=mathematics)
    try:
        return cast(FunctionT, compile_it(cache=True)(function))
    except RuntimeError:  # numba found no folder to write to
        return cast(FunctionT, compile_it()(function))
