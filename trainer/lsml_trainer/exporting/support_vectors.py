"""What a support vector machine computes, as nodes of a graph: `algorithms/svm/prediction.py` and `margins.py`.

Shapes: N rows, D features, K classes that had training rows, S support vectors or centres, Q pairs of classes.
"""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.svm.platt import LEAST
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.exporting.graph import Graph
from lsml_trainer.exporting.learned_part import Learned, column, largest
from lsml_trainer.spec import Svm

Array = NDArray[np.float64]


def one_against_one(graph: Graph, margin_NQ: str, weights: Arrays, classes: int) -> Learned:
    """The nodes from the margins on."""
    present = weights["classes"].astype(np.int64)
    first_QK, second_QK = np.zeros((2, len(weights["intercept"]), len(present)))
    for pair, (a, b) in enumerate(combinations(range(len(present)), 2)):
        first_QK[pair, a] = second_QK[pair, b] = 1.0
    zero = graph.number(0.0)
    votes = _votes(graph, graph.node("Greater", margin_NQ, zero), first_QK, second_QK)
    index = graph.node("Gather", graph.constant(present), largest(graph, votes))
    chances = _probabilities(graph, margin_NQ, weights, classes)
    if classes == 2:
        return Learned(class_index=index, scores=column(graph, graph.node("Neg", margin_NQ)), probabilities=chances)
    won = _votes(graph, graph.node("GreaterOrEqual", margin_NQ, zero), first_QK, second_QK)
    confidence = graph.node("MatMul", margin_NQ, graph.constant(first_QK - second_QK))
    bound = graph.node("Mul", graph.number(3.0), graph.node("Add", graph.node("Abs", confidence), graph.number(1.0)))
    scores = graph.node("Add", won, graph.node("Div", confidence, bound))
    scores = _placed(graph, scores, weights, classes, absent=-1.0)  # below what any other can get
    return Learned(class_index=index, scores=scores, probabilities=chances)


def _placed(graph: Graph, found_NK: str, weights: Arrays, classes: int, absent: float) -> str:
    """(N, classes) from the classes that had training rows; `absent` for the others."""
    present = weights["classes"].astype(np.int64)
    if len(present) == classes:
        return found_NK
    place_KC = np.zeros((len(present), classes))
    place_KC[np.arange(len(present)), present] = 1.0
    absent_C = np.where(place_KC.any(axis=0), 0.0, absent)
    return graph.node("Add", graph.node("MatMul", found_NK, graph.constant(place_KC)), graph.constant(absent_C))


def _probabilities(graph: Graph, margin_NQ: str, weights: Arrays, classes: int) -> str | None:
    """Platt's sigmoids, coupled; None of a model that was not trained to give them."""
    if "prob_a" not in weights:
        return None
    sloped = graph.node("Mul", margin_NQ, graph.constant(-weights["prob_a"]))
    first_NQ = graph.node("Sigmoid", graph.node("Sub", sloped, graph.constant(weights["prob_b"])))
    return _placed(graph, _coupled(graph, first_NQ, len(weights["classes"])), weights, classes, absent=0.0)


def _coupled(graph: Graph, first_NQ: str, classes: int) -> str:
    """(N, K): min over p of p'Ap, the sum of p 1, as `platt.coupled`; A + 11' has the same minimum, and an inverse.

    (A + 11') p = 1, made to sum to 1, by Gauss and Jordan's elimination; positive definite, so without pivots.
    """
    matrix_NKK = _disagreement(graph, first_NQ, classes)
    ones_NK1 = graph.node("ReduceMax", graph.node("Sub", matrix_NKK, matrix_NKK), graph.constant(np.array([2])))
    system = graph.node("Concat", matrix_NKK, graph.node("Add", ones_NK1, graph.number(1.0)), axis=2)
    for pivot in range(classes):
        place, own_K1 = graph.constant(np.array([pivot])), np.eye(classes)[:, pivot : pivot + 1]
        row = graph.node("Gather", system, place, axis=1)
        row = graph.node("Div", row, graph.node("Gather", row, place, axis=2))
        others = graph.node("Sub", graph.node("Gather", system, place, axis=2), graph.constant(own_K1))
        system = graph.node("Sub", system, graph.node("Mul", others, row))
    solution_NK1 = graph.node("Gather", system, graph.constant(np.array([classes])), axis=2)
    p_NK = graph.node("Relu", graph.node("Squeeze", solution_NK1, graph.constant(np.array([2]))))
    return graph.node("Div", p_NK, graph.node("ReduceSum", p_NK, graph.constant(np.array([1])), keepdims=1))


def _disagreement(graph: Graph, first_NQ: str, classes: int) -> str:
    """A + 11' of the pairs' probabilities r: A_ii = sum_j r_ji^2, A_ij = -r_ji r_ij; (N, K, K)."""
    first_NQ = graph.node("Clip", first_NQ, graph.number(LEAST), graph.number(1.0 - LEAST))
    own_QP, other_QP = np.zeros((2, classes * (classes - 1) // 2, classes * classes))
    for pair, (a, b) in enumerate(combinations(range(classes), 2)):
        own_QP[pair, a * classes + b] = other_QP[pair, b * classes + a] = 1.0
    own = graph.node("MatMul", first_NQ, graph.constant(own_QP))
    other = graph.node("MatMul", graph.node("Sub", graph.number(1.0), first_NQ), graph.constant(other_QP))
    shape = graph.constant(np.array([-1, classes, classes]))
    r_NKK = graph.node("Reshape", graph.node("Add", own, other), shape)
    apart = graph.node("Mul", r_NKK, graph.node("Transpose", r_NKK, perm=[0, 2, 1]))
    squares_N1K = graph.node("ReduceSumSquare", r_NKK, graph.constant(np.array([1])), keepdims=1)
    diagonal = graph.node("Mul", squares_N1K, graph.constant(np.eye(classes)))
    return graph.node("Add", graph.node("Sub", graph.number(1.0), apart), diagonal)


def margins(graph: Graph, x: str, config: Svm, weights: Arrays) -> str:
    """(N, Q); of a regression the number itself, (N, 1)."""
    if config.kernel == "linear":
        return graph.affine(x, weights["coef"], weights["intercept"])
    approximate = "centres" in weights
    gamma = float(weights["gamma"][0])
    z_SD = weights["centres" if approximate else "support_vectors"]
    if config.kernel == "poly":
        product = graph.node("MatMul", x, graph.constant(gamma * z_SD.T))
        base = graph.node("Add", product, graph.number(config.coef0))
        kernel = graph.node("Pow", base, graph.number(float(config.degree)))
    else:
        kernel = _rbf(graph, x, gamma, weights["center"], z_SD)
    coef_QS = weights["coef"] if approximate else _pair_coefficients(weights)
    return graph.affine(kernel, coef_QS, weights["intercept"])


def _rbf(graph: Graph, x: str, gamma: float, center_D: Array, z_SD: Array) -> str:
    """exp(-gamma (|x|^2 - 2 x'z + |z|^2)), about the center, where less is cancelled."""
    near_ND = graph.node("Sub", x, graph.constant(center_D))
    near_SD = z_SD - center_D
    squares = graph.node("ReduceSumSquare", near_ND, graph.constant(np.array([1])), keepdims=1)
    product = graph.node("MatMul", near_ND, graph.constant(-2.0 * near_SD.T))
    distance = graph.node("Add", graph.node("Add", squares, product), graph.constant((near_SD**2).sum(axis=1)))
    return graph.node("Exp", graph.node("Mul", graph.node("Relu", distance), graph.number(-gamma)))


def _pair_coefficients(weights: Arrays) -> Array:
    """(Q, S): of each pair what its classes' support vectors count; libsvm's `dual_coef` laid out."""
    if "classes" not in weights:
        return weights["dual_coef"]
    stops = weights["n_support"].astype(np.int64).cumsum()
    places = [slice(begin, end) for begin, end in zip([0, *stops[:-1].tolist()], stops.tolist(), strict=True)]
    coef_QS = np.zeros((len(weights["intercept"]), int(stops[-1])))
    for pair, (a, b) in enumerate(combinations(range(len(places)), 2)):
        coef_QS[pair, places[a]] = weights["dual_coef"][b - 1, places[a]]
        coef_QS[pair, places[b]] = weights["dual_coef"][a, places[b]]
    return coef_QS


def _votes(graph: Graph, first_NQ: str, first_QK: Array, second_QK: Array) -> str:
    won = graph.node("Cast", first_NQ, to=11)
    lost = graph.node("Sub", graph.number(1.0), won)
    ours = graph.node("MatMul", won, graph.constant(first_QK))
    return graph.node("Add", ours, graph.node("MatMul", lost, graph.constant(second_QK)))
