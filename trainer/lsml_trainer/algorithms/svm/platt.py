"""From margins to probabilities: a sigmoid for each pair of classes, and one distribution for all its pairs. Pure.

    P(first | margin f) = 1 / (1 + exp(slope f + offset))
Source: Platt, Probabilistic outputs for SVMs, 1999; Lin, Lin, Weng, A note on Platt's probabilistic outputs, Machine
Learning 68, 2007; Wu, Lin, Weng, Probability estimates by pairwise coupling, JMLR 5, 2004, section 4.2.
Shapes: P rows of one pair of classes, N rows, K classes, Q = K (K - 1) / 2 pairs.
"""

from collections.abc import Callable
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.svm.state import Array
from lsml_trainer.elastic.team import Arrays

NEWTON_STEPS = 100
RIDGE = 1e-12
FLAT = 1e-10
LEAST = 1e-7  # no pair is ever certain: libsvm's bound


def sigmoid(margin_P: Array, slope: Array | float, offset: Array | float) -> Array:
    """Probability of the pair's first class."""
    found_P: Array = np.exp(-np.logaddexp(0.0, margin_P * slope + offset))
    return found_P


def targets(first: float, second: float) -> tuple[float, float]:
    """Of so many rows of each class: away from 0 and 1 (Laplace), so that the fit is finite where margins separate."""
    return (first + 1.0) / (first + 2.0), 1.0 / (second + 2.0)


def fit_sigmoid(margin_P: Array, first_P: NDArray[np.bool_]) -> tuple[float, float]:
    """(slope, offset) of the greatest likelihood; `first_P` is whether a row is of the pair's first class."""
    first, second = float(first_P.sum()), float((~first_P).sum())
    target_P = np.where(first_P, *targets(first, second))
    return greatest_likelihood(lambda at: likelihood_sums(margin_P, target_P, at), first, second)


def likelihood_sums(margin_P: Array, target_P: Array, at: Array) -> Arrays:
    """loss (1,), gradient (2,) and curvature (2, 2) of the negative log-likelihood at (slope, offset)."""
    z_P = margin_P * at[0] + at[1]
    p_P = sigmoid(margin_P, *at)
    slope_P, curve_P = target_P - p_P, p_P * (1.0 - p_P)
    mixed = curve_P @ margin_P
    return {
        "loss": np.array([(target_P * z_P + np.logaddexp(0.0, -z_P)).sum()]),
        "gradient": np.array([slope_P @ margin_P, slope_P.sum()]),
        "curvature": np.array([[curve_P @ margin_P**2, mixed], [mixed, curve_P.sum()]]),
    }


def greatest_likelihood(sums: Callable[[Array], Arrays], first: float, second: float) -> tuple[float, float]:
    """(slope, offset) where the sums of `likelihood_sums` are least; `first` and `second` count the classes' rows."""
    at = np.array([0.0, np.log((second + 1.0) / (first + 1.0))])
    here = sums(at)
    for _ in range(NEWTON_STEPS):
        gradient = here["gradient"]
        if np.abs(gradient).max() < 1e-8:
            break
        direction = -np.linalg.solve(here["curvature"] + RIDGE * np.eye(2), gradient)
        step, bound = 1.0, 1e-4 * float(gradient @ direction)
        while (after := sums(at + step * direction))["loss"][0] > here["loss"][0] + step * bound:
            step /= 2.0
            if step < FLAT:
                return float(at[0]), float(at[1])
        at, here = at + step * direction, after
    return float(at[0]), float(at[1])


def coupled(first_NQ: Array, classes: int) -> Array:
    """(N, K): the distribution nearest to what the pairs say, min over p: sum_{i != j} (r_ji p_i - r_ij p_j)^2."""
    r_NKK = np.zeros((len(first_NQ), classes, classes))
    for pair, (a, b) in enumerate(combinations(range(classes), 2)):
        r_NKK[:, a, b] = np.clip(first_NQ[:, pair], LEAST, 1.0 - LEAST)
        r_NKK[:, b, a] = 1.0 - r_NKK[:, a, b]
    system_NLL = np.ones((len(first_NQ), classes + 1, classes + 1))
    system_NLL[:, :classes, :classes] = -r_NKK * r_NKK.transpose(0, 2, 1)
    diagonal = np.arange(classes)
    system_NLL[:, diagonal, diagonal] = np.square(r_NKK).sum(axis=1)
    system_NLL[:, classes, classes] = 0.0
    wanted_L1 = np.append(np.zeros(classes), 1.0)[:, np.newaxis]
    p_NK = np.linalg.solve(system_NLL, wanted_L1)[:, :classes, 0].clip(0.0)
    found_NK: Array = p_NK / p_NK.sum(axis=1, keepdims=True)
    return found_NK
