"""How far a pair's alpha is from the optimum: the violation and the duality gap. Pure.

    P = w'w / 2 + C * sum max(0, 1 - y (w'x + b))     D = sum alpha - beta' K beta / 2      gap = P - D >= 0
With beta = y * alpha and error = y - K beta, K is not needed:
    beta' K beta = beta' (y - error),    1 - y (w'x + b) = y * (error - b),    sum alpha = beta' y
A row may go up where beta < upper (y = +1: alpha < C; y = -1: alpha > 0), and down where beta > lower.
    m = max error over the rows that may go up,  M = min error over those that may go down;  optimal where m <= M
Source: Keerthi et al., Improvements to Platt's SMO, 2001; Chang and Lin, LIBSVM, 2011, sections 2 and 4.
Shapes: P rows of one pair of classes.
"""

import numpy as np

from lsml_trainer.algorithms.svm.state import Array, Certificate, Search


def bounds(sign_P: Array, cost: float) -> tuple[Array, Array]:
    """Lower and upper bounds of beta: [0, C] for y = +1, [-C, 0] for y = -1."""
    return np.where(sign_P > 0, 0.0, -cost), np.where(sign_P > 0, cost, 0.0)


def movable_errors(search: Search, cost: float) -> tuple[Array, Array]:
    """The errors of the rows that may go up, else -inf, and of those that may go down, else +inf."""
    lower_P, upper_P = bounds(search.sign_P, cost)
    up_P = np.where(search.beta_P < upper_P, search.error_P, -np.inf)
    return up_P, np.where(search.beta_P > lower_P, search.error_P, np.inf)


def certificate(search: Search, cost: float) -> Certificate:
    """The certificate of a search: O(P)."""
    up_P, down_P = movable_errors(search, cost)
    highest, lowest = float(up_P.max()), float(down_P.min())
    free_error_F = search.error_P[np.isfinite(up_P) & np.isfinite(down_P)]
    intercept = _intercept(free_error_F, highest, lowest)
    slack = float(np.maximum(0.0, search.sign_P * (search.error_P - intercept)).sum())
    alpha, product = float(search.beta_P @ search.sign_P), float(search.beta_P @ search.error_P)
    primal = 0.5 * (alpha - product) + cost * slack
    gap = cost * slack - product
    return Certificate(primal, primal - gap, gap, highest - lowest, intercept)


def sensitivity(search: Search, cost: float) -> float:
    """How much the gap, as a share of the primal, changes at most with an error of every row's error: O(P)."""
    inside = search.sign_P * (search.error_P - certificate(search, cost).intercept) > 0.0
    slope = cost * float(inside.sum()) + float(np.abs(search.beta_P).sum())
    return slope / max(certificate(search, cost).primal, np.finfo(np.float64).tiny)


def _intercept(free_error_F: Array, highest: float, lowest: float) -> float:
    """libsvm's -rho: the mean error of the rows strictly between their bounds, else the middle of what is allowed."""
    return float(free_error_F.mean()) if len(free_error_F) else (highest + lowest) / 2.0
