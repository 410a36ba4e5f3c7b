"""How far a pair's alpha is from the optimum: the violation and the duality gap. Pure.

    P = w'w / 2 + sum C max(0, sign (target - w'x - b))     D = target' beta - beta' K beta / 2     gap = P - D >= 0
With beta = sign * alpha and error = target - K beta, K is not needed:
    beta' K beta = beta' (target - error),    target - w'x - b = error - b
For classes sign = target = y. A regression has two terms a row, sign +1 with target y - epsilon and sign -1 with target
y + epsilon, which make its max(0, |y - w'x - b| - epsilon).
A row may go up where beta < upper (sign +1: alpha < C; sign -1: alpha > 0), and down where beta > lower.
    m = max error over the rows that may go up,  M = min error over those that may go down;  optimal where m <= M
Source: Keerthi et al., Improvements to Platt's SMO, 2001; Chang and Lin, LIBSVM, 2011, sections 2 and 4.
Shapes: P rows of one pair of classes.
"""

import numpy as np

from lsml_trainer.algorithms.svm.state import Array, Certificate, Search


def bounds(search: Search) -> tuple[Array, Array]:
    """Lower and upper bounds of beta: [0, C] for sign +1, [-C, 0] for sign -1."""
    up_P = search.sign_P > 0.0
    return np.where(up_P, 0.0, -search.bound_P), np.where(up_P, search.bound_P, 0.0)


def movable_errors(search: Search) -> tuple[Array, Array]:
    """The errors of the rows that may go up, else -inf, and of those that may go down, else +inf."""
    lower_P, upper_P = bounds(search)
    up_P = np.where(search.beta_P < upper_P, search.error_P, -np.inf)
    return up_P, np.where(search.beta_P > lower_P, search.error_P, np.inf)


def certificate(search: Search) -> Certificate:
    """The certificate of a search: O(P)."""
    up_P, down_P = movable_errors(search)
    highest, lowest = float(up_P.max()), float(down_P.min())
    free_error_F = search.error_P[np.isfinite(up_P) & np.isfinite(down_P)]
    intercept = _intercept(free_error_F, highest, lowest)
    loss = float(search.bound_P @ np.maximum(0.0, search.sign_P * (search.error_P - intercept)))
    linear, product = float(search.beta_P @ search.target_P), float(search.beta_P @ search.error_P)
    primal = 0.5 * (linear - product) + loss
    gap = loss - product
    return Certificate(primal, primal - gap, gap, highest - lowest, intercept)


def sensitivity(search: Search) -> float:
    """How much the gap, as a share of the primal, changes at most with an error of every row's error: O(P)."""
    now = certificate(search)
    inside_P = search.sign_P * (search.error_P - now.intercept) > 0.0
    slope = float(search.bound_P[inside_P].sum()) + float(np.abs(search.beta_P).sum())
    return slope / max(now.primal, np.finfo(np.float64).tiny)


def _intercept(free_error_F: Array, highest: float, lowest: float) -> float:
    """libsvm's -rho: the mean error of the rows strictly between their bounds, else the middle of what is allowed."""
    return float(free_error_F.mean()) if len(free_error_F) else (highest + lowest) / 2.0
