"""What each family computes, as nodes of a graph: the formulas of its predictor, which a test compares.

Shapes: N rows, D features, K classes.
"""

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.elastic.team import Arrays
from lsml_trainer.errors import InvalidModel
from lsml_trainer.exporting.graph import Graph
from lsml_trainer.exporting.learned_part import Learned, column, largest
from lsml_trainer.exporting.support_vectors import margins, one_against_one
from lsml_trainer.spec import Algorithm, DeepLearning, GradientDescent, Sgd, Svm

Array = NDArray[np.float64]


def learned(graph: Graph, x: str, algorithm: Algorithm, weights: Arrays, classes: int) -> Learned:
    """The nodes; raises InvalidModel for a model that ONNX has no nodes for."""
    match algorithm.chosen:
        case GradientDescent() | Sgd() as config if "coef" in weights:
            logistic = "softmax" if isinstance(config, GradientDescent) else "sigmoid"
            z = graph.affine(x, weights["coef"], weights["intercept"])
            return _linear(graph, z, classes, logistic if config.loss == "log_loss" else None)
        case Svm() as config if "intercept" in weights:
            margin_NQ = margins(graph, x, config, weights)
            if not classes:
                return Learned(number=column(graph, margin_NQ))
            return one_against_one(graph, margin_NQ, weights, classes)
        case DeepLearning() as config:
            x = graph.node("Cast", x, to=1)  # 1: float32, as the network was trained
            by_hand = config.network.mlp is not None and config.network.mlp.normalization == "none"
            z_NK = _mlp(graph, x, config, weights) if by_hand else _module(graph, x, config, weights)
            return _network(graph, graph.node("Cast", z_NK, to=11), config, classes)  # 11: float64
    raise InvalidModel(f"the weights of this {algorithm.kind} are not those of a model that can be written as ONNX")


def _linear(graph: Graph, z_NK: str, classes: int, logistic: str | None) -> Learned:
    if not classes:
        return Learned(number=column(graph, z_NK))
    if classes == 2:
        z_N = column(graph, z_NK)
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
    return Learned(class_index=largest(graph, z_NK), scores=z_NK, probabilities=probabilities)


def _module(graph: Graph, x: str, config: DeepLearning, weights: Arrays) -> str:
    from lsml_trainer.exporting.modules import module_outputs  # noqa: PLC0415  (imports torch)

    return module_outputs(graph, x, config, weights)


def _mlp(graph: Graph, a: str, config: DeepLearning, weights: Arrays) -> str:
    mlp = config.network.mlp
    assert mlp is not None, "its caller looked"
    layers = len(mlp.hidden) + 1
    for layer in range(layers):
        weight_OI, bias_O = (weights[f"layers.{layer}.{part}"].astype(np.float32) for part in ("weight", "bias"))
        a = graph.affine(a, weight_OI, bias_O)
        if layer < layers - 1:
            a = _activated(graph, a, mlp.activation)
    return a


def _network(graph: Graph, z_NK: str, config: DeepLearning, classes: int) -> Learned:
    """What the outputs of a network mean."""
    if not classes:
        return Learned(number=column(graph, z_NK))
    if config.loss == "bce_with_logits":
        return _linear(graph, z_NK, classes, "softmax")
    probabilities = graph.node("Softmax", z_NK, axis=1)
    if classes > 2:
        return Learned(class_index=largest(graph, z_NK), scores=z_NK, probabilities=probabilities)
    apart = graph.node("MatMul", z_NK, graph.constant(np.array([[-1.0], [1.0]])))
    return Learned(class_index=largest(graph, z_NK), scores=column(graph, apart), probabilities=probabilities)


def _activated(graph: Graph, z: str, activation: str) -> str:
    if activation == "silu":
        return graph.node("Mul", z, graph.node("Sigmoid", z))
    if activation == "gelu":
        half, root = (graph.constant(np.array(value, dtype=np.float32)) for value in (0.5, 0.5**0.5))
        share = graph.node("Mul", half, graph.node("Erf", graph.node("Mul", z, root)))
        return graph.node("Mul", z, graph.node("Add", half, share))
    return graph.node({"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid"}[activation], z)
