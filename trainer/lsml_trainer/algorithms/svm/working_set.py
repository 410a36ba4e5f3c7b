"""Which rows a round works on. Pure, and a function of the replicated state alone, so that every worker chooses alike.

Half may stay from the last round: the rows that are free of their bounds. The search would otherwise let go of rows
that it has just balanced against each other, and pay for it with many more rounds (measured: 400 instead of 40).
The others violate the optimality conditions most, half of them upwards and half downwards.
Source: Joachims, Making large-scale SVM learning practical, 1999; Serafini and Zanni, On the working set selection in
gradient projection-based decomposition techniques for SVMs, 2005.  Shapes: P rows of one pair of classes.
"""

import numpy as np

from lsml_trainer.algorithms.svm.optimality import standing
from lsml_trainer.algorithms.svm.state import Array, Indices, Search


def working_set(search: Search, whole: int) -> Indices:
    """Ascending indices among the pair's rows: all of up to `whole` rows, else at most `search.size`."""
    rows = len(search.row_P)
    if rows <= whole:
        return np.arange(rows)
    up_P, down_P, _ = standing(search)
    up_P, down_P = up_P.copy(), down_P.copy()
    highest, lowest = up_P.max(), down_P.min()
    kept = _kept(search, up_P, down_P, (highest + lowest) / 2.0, search.size // 2)
    up_P[kept], down_P[kept] = -np.inf, np.inf
    half = (search.size - len(kept)) // 2
    up, down = _largest(up_P, half), _largest(-down_P, half)
    up, down = up[up_P[up] > lowest], down[down_P[down] < highest]
    return _union(rows, kept, up, down)


def spot_check(search: Search, count: int) -> Indices:
    """Rows whose errors tell how exact all errors are: those that decide the violation, and some from everywhere."""
    up_P, down_P, _ = standing(search)
    evenly = np.linspace(0, len(up_P) - 1, count // 2).astype(np.int64)
    return _union(len(up_P), evenly, _largest(up_P, count // 4), _largest(-down_P, count // 4))


def _kept(search: Search, up_P: Array, down_P: Array, middle: float, most: int) -> Indices:
    """Of the last working set, the free rows, and of these those furthest from balance."""
    last = search.working_B
    free = last[np.isfinite(up_P[last]) & np.isfinite(down_P[last])]
    return free[_largest(np.abs(search.error_P[free] - middle), most)]


def _largest(value_P: Array, count: int) -> Indices:
    if count >= len(value_P):
        return np.arange(len(value_P))
    return np.argpartition(value_P, len(value_P) - count)[len(value_P) - count :]


def _union(rows: int, *indices: Indices) -> Indices:
    """Ascending, each once; quicker than sorting them."""
    chosen_P = np.zeros(rows, dtype=np.bool_)
    for some in indices:
        chosen_P[some] = True
    return np.flatnonzero(chosen_P)
