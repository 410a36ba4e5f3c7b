"""What an iteration in the primal decides, from the sums over all rows: the step, and how far the loss is rounded off.

Pure. Shapes as in `primal_sums.py`.
"""

import math

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from lsml_trainer.algorithms.gradient_descent.newton import solve
from lsml_trainer.algorithms.svm.primal_sums import Array, gradient
from lsml_trainer.algorithms.svm.space import Space
from lsml_trainer.elastic.team import Arrays

NARROWER = 0.25
LEFT = 0.02  # of what rounding off hides: what Newton's step still promises when it is done less
CERTAIN = 0.5  # of the tolerance: the gap at the optimum of the last width
NOTHING = 1e-14  # of F: what is promised is rounding


def newton_step(space: Space, weights_E: Array, sums: Arrays, C: float) -> tuple[Array, float]:
    """Newton's step, and by how much F would fall, were it a parabola; O(E^3)."""
    gradient_E = gradient(space, weights_E, sums, C)
    second_EE = space.added(C * sums["second"])
    try:
        step_E: Array = -cho_solve(cho_factor(second_EE, lower=True), gradient_E)
    except LinAlgError:  # no row bends, so that the intercept is free; or rounding
        step_E = -solve(second_EE, gradient_E)
    return step_E, -0.5 * float(gradient_E @ step_E)


def next_width(width: float, sums: Arrays, C: float, primal: float, promise: float, tolerance: float) -> float:
    """The width to go on with: the same where its optimum can be certified, or is far.

    At the optimum of a width the gap is what rounding off hides of the loss, but for the dual's own width a^2 / 2: it
    falls with the square of the width, as the rows that bend do with the width.
    """
    if promise <= NOTHING * primal:
        return NARROWER * width
    hidden = C * float(sums["loss"][0] - sums["smooth"][0])
    gap = hidden - 0.5 * C * width * float(np.sum(sums["aa"]))
    wanted = CERTAIN * tolerance * primal
    if gap <= wanted or promise > LEFT * hidden:
        return width
    return width * max(NARROWER, math.sqrt(wanted / gap))
