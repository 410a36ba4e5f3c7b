"""The dual of one pair of classes with all but B rows held still. Pure.

    min over beta_B:  beta' K beta / 2 - y' beta        lower <= beta <= upper, the sum of beta unchanged

SMO finds which rows are at their bounds, and mostly the optimum with it. Where it creeps (an ill-conditioned kernel, a
large C), Newton steps on the free rows follow, as many as cost a share of what the moves before them cost.
Shapes: B rows of the working set.
"""

from lsml_trainer.algorithms.svm.newton import free_rows, newton_step
from lsml_trainer.algorithms.svm.smo import Array, Descent

SWEEP = 0.25  # moves between two thoughts about Newton, in rows
CREDIT = 20  # that a move brings for each of B rows, in 2 ns: cubed free rows in a third of its time, at 30 GFLOP/s
ENTRY = 20  # that an entry of the kernel costs to read
OVERHEAD = 50  # free rows: below, a step costs as much as with so many


def solve(at: Descent, tolerance: float, most_moves: int) -> Array:
    """The beta_B at which no two rows violate the conditions by more than `tolerance`, or after `most_moves`."""
    sweep = max(16, int(SWEEP * len(at.beta_B)))
    done, credit = 0, 0
    while done < most_moves:
        asked = min(sweep, most_moves - done)
        made = at.moves(asked, tolerance)
        done += made
        if made < asked:
            break
        credit = _newton(at, credit + CREDIT * made * len(at.beta_B))
    return at.beta_B


def _newton(at: Descent, credit: int) -> int:
    """Newton steps until one ends away from all bounds, or the credit is spent; what is left of it."""
    while True:
        free_F = free_rows(at)
        cost = (len(free_F) + OVERHEAD) ** 3 + ENTRY * len(free_F) * len(at.beta_B)
        if len(free_F) < 2 or cost > credit:
            return credit
        credit -= cost
        if not newton_step(at, free_F):
            return 0
