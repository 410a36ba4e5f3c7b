"""What the parts of an exported graph share: the names of what a model computes, and small pieces."""

from typing import NamedTuple

import numpy as np

from lsml_trainer.exporting.graph import Graph


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


def column(graph: Graph, x_N1: str) -> str:
    """(N,) from (N, 1)."""
    return graph.node("Squeeze", x_N1, graph.constant(np.array([1])))


def largest(graph: Graph, x_NK: str) -> str:
    """The index, (N,); of several the first."""
    return graph.node("ArgMax", x_NK, axis=1, keepdims=0)
