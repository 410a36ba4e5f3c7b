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

from lsml_trainer.algorithms.svm.state import Array, Certificate, Search, Standing


def standing(search: Search) -> Standing:
    """Where a search stands: O(P), once."""
    if search.standing is not None:
        return search.standing
    up_P = np.where(search.beta_P < search.upper_P, search.error_P, -np.inf)
    down_P = np.where(search.beta_P > search.lower_P, search.error_P, np.inf)
    return Standing(up_P, down_P, _certificate(search, up_P, down_P))


def certificate(search: Search) -> Certificate:
    """The certificate of a search."""
    return standing(search).certificate


def _certificate(search: Search, up_P: Array, down_P: Array) -> Certificate:
    highest, lowest = float(up_P.max()), float(down_P.min())
    free_error_F = search.error_P[np.isfinite(down_P - up_P)]
    intercept = _intercept(free_error_F, highest, lowest)
    excess_P = search.error_P - intercept
    loss = float(search.upper_P @ excess_P.clip(0.0)) + float(search.lower_P @ excess_P.clip(max=0.0))
    linear, product = float(search.beta_P @ search.target_P), float(search.beta_P @ search.error_P)
    primal = 0.5 * (linear - product) + loss
    gap = loss - product
    return Certificate(primal, primal - gap, gap, highest - lowest, intercept)


def sensitivity(search: Search) -> float:
    """How much the gap, as a share of the primal, changes at most with an error of every row's error: O(P)."""
    now = certificate(search)
    inside_P = search.sign_P * (search.error_P - now.intercept) > 0.0
    slope = float((search.upper_P - search.lower_P)[inside_P].sum()) + float(np.abs(search.beta_P).sum())
    return slope / max(now.primal, np.finfo(np.float64).tiny)


def _intercept(free_error_F: Array, highest: float, lowest: float) -> float:
    """libsvm's -rho: the mean error of the rows strictly between their bounds, else the middle of what is allowed."""
    return float(free_error_F.mean()) if len(free_error_F) else (highest + lowest) / 2.0
