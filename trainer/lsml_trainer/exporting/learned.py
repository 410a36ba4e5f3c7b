"""What each family computes, as nodes of a graph: the formulas of its predictor, which a test compares.

Shapes: N rows, D features, K classes, S support vectors, Q pairs of classes.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.elastic.team import Arrays
from lsml_trainer.errors import InvalidModel
from lsml_trainer.exporting.graph import Graph
from lsml_trainer.spec import Algorithm, DeepLearning, GradientDescent, Sgd, Svm

Array = NDArray[np.float64]


class Learned(NamedTuple):
    """What is computed from preprocessed rows; names of nodes."""

    number: str | None = None
    """(N,), of a regression."""
    class_index: str | None = None
    """(N,): of the class."""
    scores: str | None = None
    """(N,) for two classes, else (N, K): as decision_function."""
    probabilities: str | None = None
    """(N, K)."""


def learned(graph: Graph, x: str, algorithm: Algorithm, weights: Arrays, classes: int) -> Learned:
    """The nodes; raises InvalidModel for a model that ONNX has no nodes for."""
    match algorithm.chosen:
        case GradientDescent() | Sgd() as config if "coef" in weights:
            logistic = "softmax" if isinstance(config, GradientDescent) else "sigmoid"
            z = graph.affine(x, weights["coef"], weights["intercept"])
            return _linear(graph, z, classes, logistic if config.loss == "log_loss" else None)
        case Svm() as config if {"n_support", "intercept"} <= weights.keys() and classes:
            return _support_vectors(graph, x, config, weights, classes)
        case DeepLearning() as config if config.network.mlp is not None and "layers.0.weight" in weights:
            return _network(graph, x, config, weights, classes)
    raise InvalidModel(f"this kind of {algorithm.kind} cannot be written as ONNX: only linear models, SVMs and mlp can")


def _linear(graph: Graph, z_NK: str, classes: int, logistic: str | None) -> Learned:
    if not classes:
        return Learned(number=_column(graph, z_NK))
    if classes == 2:
        z_N = _column(graph, z_NK)
        index = graph.node("Cast", graph.node("Greater", z_N, graph.number(0.0)), to=7)  # 7: int64
        of_second = graph.node("Sigmoid", z_NK)
        of_first = graph.node("Sigmoid", graph.node("Neg", z_NK))
        both = graph.node("Concat", of_first, of_second, axis=1) if logistic else None
        return Learned(class_index=index, scores=z_N, probabilities=both)
    probabilities = None
    if logistic == "softmax":
        probabilities = graph.node("Softmax", z_NK, axis=1)
    elif logistic == "sigmoid":
        odds = graph.node("Sigmoid", z_NK)
        total = graph.node("ReduceSum", odds, graph.constant(np.array([1])), keepdims=1)
        probabilities = graph.node("Div", odds, total)
    return Learned(class_index=_largest(graph, z_NK), scores=z_NK, probabilities=probabilities)


def _network(graph: Graph, x: str, config: DeepLearning, weights: Arrays, classes: int) -> Learned:
    """In float32, as the network was trained."""
    mlp = config.network.mlp
    assert mlp is not None
    layers = sum(name.endswith(".weight") for name in weights)
    if set(weights) != {f"layers.{layer}.{part}" for layer in range(layers) for part in ("weight", "bias")}:
        raise InvalidModel("a network with normalisation cannot be written as ONNX yet; train one without")
    a = graph.node("Cast", x, to=1)  # 1: float32
    for layer in range(layers):
        weight_OI, bias_O = (weights[f"layers.{layer}.{part}"].astype(np.float32) for part in ("weight", "bias"))
        a = graph.affine(a, weight_OI, bias_O)
        if layer < layers - 1:
            a = _activated(graph, a, mlp.activation)
    z_NK = graph.node("Cast", a, to=11)  # 11: float64
    if not classes:
        return Learned(number=_column(graph, z_NK))
    outputs = len(weights[f"layers.{layers - 1}.bias"])
    if outputs == 1:
        return _linear(graph, z_NK, classes, "softmax")
    probabilities = graph.node("Softmax", z_NK, axis=1)
    if outputs > 2:
        return Learned(class_index=_largest(graph, z_NK), scores=z_NK, probabilities=probabilities)
    apart = graph.node("MatMul", z_NK, graph.constant(np.array([[-1.0], [1.0]])))
    return Learned(class_index=_largest(graph, z_NK), scores=_column(graph, apart), probabilities=probabilities)


def _activated(graph: Graph, z: str, activation: str) -> str:
    if activation == "silu":
        return graph.node("Mul", z, graph.node("Sigmoid", z))
    if activation == "gelu":
        half, root = (graph.constant(np.array(value, dtype=np.float32)) for value in (0.5, 0.5**0.5))
        share = graph.node("Mul", half, graph.node("Erf", graph.node("Mul", z, root)))
        return graph.node("Mul", z, graph.node("Add", half, share))
    return graph.node({"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid"}[activation], z)


def _support_vectors(graph: Graph, x: str, config: Svm, weights: Arrays, classes: int) -> Learned:
    """One against one, as `algorithms/svm/prediction.py`."""
    present = weights["classes"].astype(np.int64)
    margin_NQ = _margins(graph, x, config, weights)
    first_QK, second_QK = np.zeros((2, len(weights["intercept"]), len(present)))
    for pair, (a, b) in enumerate(combinations(range(len(present)), 2)):
        first_QK[pair, a] = second_QK[pair, b] = 1.0
    zero = graph.number(0.0)
    votes = _votes(graph, graph.node("Greater", margin_NQ, zero), first_QK, second_QK)
    index = graph.node("Gather", graph.constant(present), _largest(graph, votes))
    if classes == 2:
        return Learned(class_index=index, scores=_column(graph, graph.node("Neg", margin_NQ)))
    won = _votes(graph, graph.node("GreaterOrEqual", margin_NQ, zero), first_QK, second_QK)
    confidence = graph.node("MatMul", margin_NQ, graph.constant(first_QK - second_QK))
    bound = graph.node("Mul", graph.number(3.0), graph.node("Add", graph.node("Abs", confidence), graph.number(1.0)))
    scores = graph.node("Add", won, graph.node("Div", confidence, bound))
    if len(present) < classes:  # a class without training rows: -1, below what any other can get
        place_KC = np.zeros((len(present), classes))
        place_KC[np.arange(len(present)), present] = 1.0
        absent_C = np.where(place_KC.any(axis=0), 0.0, -1.0)
        scores = graph.node("Add", graph.node("MatMul", scores, graph.constant(place_KC)), graph.constant(absent_C))
    return Learned(class_index=index, scores=scores)


def _margins(graph: Graph, x: str, config: Svm, weights: Arrays) -> str:
    if config.kernel == "linear":
        return graph.affine(x, weights["coef"], weights["intercept"])
    gamma = float(weights["gamma"][0])
    z_SD = weights["support_vectors"]
    if config.kernel == "poly":
        product = graph.node("MatMul", x, graph.constant(gamma * z_SD.T))
        base = graph.node("Add", product, graph.number(config.coef0))
        kernel = graph.node("Pow", base, graph.number(float(config.degree)))
    else:
        kernel = _rbf(graph, x, gamma, weights["center"], z_SD)
    return graph.affine(kernel, _pair_coefficients(weights), weights["intercept"])


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


def _column(graph: Graph, x_N1: str) -> str:
    return graph.node("Squeeze", x_N1, graph.constant(np.array([1])))


def _largest(graph: Graph, x_NK: str) -> str:
    """Of several the first."""
    return graph.node("ArgMax", x_NK, axis=1, keepdims=0)
