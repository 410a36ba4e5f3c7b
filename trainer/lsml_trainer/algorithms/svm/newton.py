"""A Newton step on the rows that are free of their bounds: what ends an ill-conditioned search in which SMO creeps.

With F the rows strictly between their bounds, the optimum that leaves the others where they are solves
    [K_FF  1] [step_F]   [error_F]
    [1'    0] [  b   ] = [   0   ]
The step goes there, or to the first bound on the way, which ends it: the objective never rises.
Source: Vapnik, Estimation of Dependences Based on Empirical Data, 1982, addendum (active set); Scheinberg, An efficient
implementation of an active set method for SVMs, JMLR 7, 2006.  Shapes: B rows of the working set, F free rows.
"""

import numpy as np

from lsml_trainer.algorithms.svm.smo import Array, Descent
from lsml_trainer.algorithms.svm.state import Indices

RIDGE = 1e-12  # of the mean of the diagonal: K_FF is singular where rows are equal, or more than its rank are free


def free_rows(at: Descent) -> Indices:
    """Those strictly between their bounds."""
    return np.flatnonzero((at.beta_B > at.lower_B) & (at.beta_B < at.upper_B))


def newton_step(at: Descent, free_F: Indices) -> bool:
    """Whether the step ended at a bound, so that fewer rows are free than before; O(F^3 + F B)."""
    error_F = at.error_B[free_F].astype(np.float64)
    kernel_FB = at.kernel_BB[free_F]
    kernel_FF = kernel_FB[:, free_F].astype(np.float64)
    step_F = _towards_optimum(kernel_FF, error_F)
    slope, curvature = float(error_F @ step_F), float(step_F @ kernel_FF @ step_F)
    if not slope > 0.0:  # rounding is all that is left
        return False
    beta_F = at.beta_B[free_F]
    bound_F = np.where(step_F > 0.0, at.upper_B[free_F], at.lower_B[free_F])
    share_F = np.divide(bound_F - beta_F, step_F, out=np.full(len(step_F), np.inf), where=step_F != 0.0)
    first = int(share_F.argmin())
    best = slope / curvature if curvature > 0.0 else np.inf  # 1 but for the ridge
    share = min(best, float(share_F[first]))
    moved_F = np.clip(beta_F + share * step_F, at.lower_B[free_F], at.upper_B[free_F])
    at_bound = share == share_F[first]
    if at_bound:
        moved_F[first] = bound_F[first]
    at.beta_B[free_F] = moved_F
    at.error_B = at.error_B - (moved_F - beta_F).astype(at.error_B.dtype) @ kernel_FB
    return bool(at_bound)


def _towards_optimum(kernel_FF: Array, error_F: Array) -> Array:
    """step_F of the system above."""
    size = len(error_F)
    system = np.ones((size + 1, size + 1))
    system[:size, :size] = kernel_FF
    system[np.arange(size), np.arange(size)] += RIDGE * kernel_FF.diagonal().mean() + np.finfo(np.float64).tiny
    system[size, size] = 0.0
    step_F: Array = np.linalg.solve(system, np.append(error_F, 0.0))[:size]
    step_F -= step_F.mean()  # a nearly singular system leaves a sum that is not 0
    return step_F
