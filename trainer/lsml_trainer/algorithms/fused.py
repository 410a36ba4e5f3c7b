"""Loss and gradient of one output in one read of its rows: compiled, for passes over many rows and steps over few.

Rows go by in tiles that stay in a core's first cache: scores, then losses and slopes, then the gradient. The sums of a
tile are taken in the precision of the rows, and added in float64. numpy's way (`linear.row_sums`) reads a block four
times, and its slopes take as long as its products; it is kept for small data, where compiling would take longer than
learning, and for outputs with one loss together.
Shapes: N rows, T of a tile, D features, E = D + 1 with the intercept.
"""

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Features, Rows
from lsml_trainer.algorithms.compiled_losses import CODES, slopes
from lsml_trainer.algorithms.weighting import total_weight
from lsml_trainer.compiled import compiled
from lsml_trainer.elastic.team import Arrays

Array = NDArray[np.float64]

TILE_ROWS = 64
NUMBER = -1
"""In place of a class: the label is the number itself."""
NO_WEIGHTS = np.empty(0)


def fused_sums(weights_1E: Array, rows: Rows, loss: str, epsilon: float) -> Arrays:
    """As `linear.row_sums`, of one output and a loss by its name; N = 0 allowed."""
    x_ND, weight_N = rows.x_ND, rows.weight_N
    gradient_1E = np.zeros_like(weights_1E)
    total = add_slopes(
        x_ND,
        rows.y_N.astype(np.float64, copy=False),
        NO_WEIGHTS if weight_N is None else weight_N,
        0,
        len(x_ND),
        weights_1E[0, :-1].astype(x_ND.dtype),
        weights_1E[0, -1],
        NUMBER if rows.y_N.dtype.kind == "f" else 1,
        CODES[loss],
        epsilon,
        gradient_1E[0],
    )
    return {"loss": np.array([total]), "gradient": gradient_1E, "weight": total_weight(rows)}


@compiled
def score_tile(x_ND: Features, begin: int, coef_D: Features, intercept: float, z_T: Features) -> None:
    """x'w + b of the rows from `begin` on; four at a time, so that a weight is read once for them."""
    whole = len(z_T) - len(z_T) % 4
    for i in range(0, whole, 4):
        x0_D, x1_D, x2_D, x3_D = x_ND[begin + i], x_ND[begin + i + 1], x_ND[begin + i + 2], x_ND[begin + i + 3]
        z0 = z1 = z2 = z3 = coef_D.dtype.type(0)
        for d in range(len(coef_D)):
            w = coef_D[d]
            z0 += x0_D[d] * w
            z1 += x1_D[d] * w
            z2 += x2_D[d] * w
            z3 += x3_D[d] * w
        z_T[i], z_T[i + 1], z_T[i + 2], z_T[i + 3] = z0 + intercept, z1 + intercept, z2 + intercept, z3 + intercept
    for i in range(whole, len(z_T)):
        x_D = x_ND[begin + i]
        z = coef_D.dtype.type(0)
        for d in range(len(coef_D)):
            z += x_D[d] * coef_D[d]
        z_T[i] = z + intercept


@compiled
def add_tile(x_ND: Features, begin: int, s_T: Features, part_D: Features, gradient_E: Array) -> None:
    """Slope times features of the rows from `begin` on, and the slopes, are added."""
    features = len(part_D)
    for d in range(features):
        part_D[d] = 0.0
    whole = len(s_T) - len(s_T) % 4
    for i in range(0, whole, 4):
        x0_D, x1_D, x2_D, x3_D = x_ND[begin + i], x_ND[begin + i + 1], x_ND[begin + i + 2], x_ND[begin + i + 3]
        s0, s1, s2, s3 = s_T[i], s_T[i + 1], s_T[i + 2], s_T[i + 3]
        for d in range(features):
            part_D[d] += (s0 * x0_D[d] + s1 * x1_D[d]) + (s2 * x2_D[d] + s3 * x3_D[d])
    for i in range(whole, len(s_T)):
        x_D = x_ND[begin + i]
        for d in range(features):
            part_D[d] += s_T[i] * x_D[d]
    for d in range(features):
        gradient_E[d] += part_D[d]
    slope = 0.0
    for i in range(len(s_T)):
        slope += s_T[i]
    gradient_E[features] += slope


@compiled
def add_slopes(
    x_ND: Features,
    y_N: Array,
    weight_N: Array,
    first: int,
    last: int,
    coef_D: Features,
    intercept: float,
    own: int,
    loss: int,
    epsilon: float,
    gradient_E: Array,
) -> float:
    """The loss, summed over the rows from first to last; their gradient is added to `gradient_E`.

    `coef_D` has the precision of the rows; a label is a number, or that of its class; `own` is the class that counts as
    +1, or NUMBER; `weight_N` may be empty.
    """
    part_D, z_T, s_T = np.empty_like(coef_D), np.empty(TILE_ROWS, coef_D.dtype), np.empty(TILE_ROWS, coef_D.dtype)
    t_T, c_T = np.empty(TILE_ROWS), np.ones(TILE_ROWS)
    total = 0.0
    for begin in range(first, last, TILE_ROWS):
        rows = min(TILE_ROWS, last - begin)
        score_tile(x_ND, begin, coef_D, intercept, z_T[:rows])
        for i in range(rows):
            label = y_N[begin + i]
            t_T[i] = label if own == NUMBER else (1.0 if label == own else -1.0)
            if len(weight_N):
                c_T[i] = weight_N[begin + i]
        total += slopes(loss, epsilon, z_T[:rows], t_T[:rows], c_T[:rows], s_T[:rows])
        add_tile(x_ND, begin, s_T[:rows], part_D, gradient_E)
    return total
