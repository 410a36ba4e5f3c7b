"""The preprocessing of a model as nodes of a graph: what is read, and the features that the model's own nodes take.

Where all columns are numbers there is one input X, rows (N, columns) of float64 in the order of feature_names_in_.
Where one is a category each column is an input of its own, (N, 1), by its name: text or int64 for a category, float64
for numbers. NaN and empty text are missing values, where the model knows what to put there. A graph cannot refuse: a
category that no training row has makes all numbers of its row NaN, unless the model ignores such ones.
"""

import numpy as np

from lsml_trainer.data import Feature, Preprocessing
from lsml_trainer.exporting.graph import Graph

Inputs = dict[str, tuple[str, int]]
"""Kind and width by name."""


def preprocessed(graph: Graph, preprocessing: Preprocessing) -> tuple[Inputs, str]:
    """The inputs, and the features (N, D)."""
    features = preprocessing.features
    if all(feature.categories is None for feature in features):
        inputs: Inputs = {"X": ("f", len(features))}
        x = _filled(graph, "X", features)
    else:
        inputs = {one.name: (np.array(one.categories or 0.0).dtype.kind, 1) for one in features}
        x = graph.node("Concat", *(_column(graph, one, preprocessing) for one in features), axis=1)
    scaling = preprocessing.standardization
    if scaling is not None:
        x = graph.node("Div", graph.node("Sub", x, graph.constant(scaling.mean_D)), graph.constant(scaling.scale_D))
    return inputs, x


def _filled(graph: Graph, x: str, features: tuple[Feature, ...]) -> str:
    """Numbers, with what stands in for a missing one."""
    if all(one.fill is None for one in features):
        return x
    fill_D = np.array([np.nan if one.fill is None else float(one.fill) for one in features])
    return graph.node("Where", graph.node("IsNaN", x), graph.constant(fill_D), x)


def _column(graph: Graph, feature: Feature, preprocessing: Preprocessing) -> str:
    """What becomes of one column: (N, K) of 0 and 1, or (N, 1)."""
    if feature.categories is None:
        return _filled(graph, feature.name, (feature,))
    categories = np.array(feature.categories)
    own = graph.node("Equal", feature.name, graph.constant(categories[None, :]))
    indicators = graph.node("Cast", own, to=11)  # 11: float64
    if feature.fill is not None and categories.dtype.kind == "U":
        missing = graph.node("Equal", feature.name, graph.constant(np.array([[""]])))
        instead_1K = (categories == feature.fill).astype(np.float64)[None, :]
        filled = graph.node("Mul", graph.node("Cast", missing, to=11), graph.constant(instead_1K))
        indicators = graph.node("Add", indicators, filled)
    codes = indicators
    if not preprocessing.onehot:
        place_K1 = np.arange(1.0, len(categories) + 1)[:, None]  # from 1, so that none of them is -1 in the end
        codes = graph.node("Sub", graph.node("MatMul", indicators, graph.constant(place_K1)), graph.number(1.0))
    if preprocessing.ignores_unknown:
        return codes
    known = graph.node("ReduceSum", indicators, graph.constant(np.array([1])), keepdims=1)
    return graph.node("Where", graph.node("Greater", known, graph.number(0.0)), codes, graph.number(np.nan))
