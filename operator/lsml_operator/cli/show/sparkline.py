"""A series of numbers as one line of blocks. Pure."""

import math
from collections.abc import Sequence
from itertools import pairwise

BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], width: int) -> str:
    """The series in at most `width` characters, the lowest as ▁ and the highest as █; what is not finite is a gap.

    A longer series is shown by the means of equal parts, so that nothing of it is left out.
    """
    parts = _parts(values, width)
    finite = [value for value in parts if math.isfinite(value)]
    if not finite:
        return " " * len(parts)
    low, span = min(finite), max(finite) - min(finite)
    return "".join(_block((value - low) / span if span else 0.0) for value in parts)


def _parts(values: Sequence[float], width: int) -> list[float]:
    if len(values) <= width:
        return list(values)
    cuts = [len(values) * part // width for part in range(width + 1)]
    return [sum(values[start:end]) / (end - start) for start, end in pairwise(cuts)]


def _block(share: float) -> str:
    return BLOCKS[min(int(share * len(BLOCKS)), len(BLOCKS) - 1)] if math.isfinite(share) else " "
