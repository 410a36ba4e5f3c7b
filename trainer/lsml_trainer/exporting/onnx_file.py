"""`lsml export --onnx` behind its command line: a model with its preprocessing as one graph.

Input X: rows (N, columns) of float64, in the order of feature_names_in_; NaN where a value is missing, if the model
knows what to put there. Outputs: `prediction`, and of a classifier `scores` and, where it has them, `probabilities`.
"""

from pathlib import Path
from typing import Any

import numpy as np

from lsml_trainer.atomic import fresh_file
from lsml_trainer.data import Preprocessing
from lsml_trainer.errors import InvalidModel, OutputUnavailable
from lsml_trainer.exporting.graph import Graph
from lsml_trainer.exporting.learned import learned
from lsml_trainer.exporting.learned_part import Learned
from lsml_trainer.loading import load
from lsml_trainer.model import Model


def export_onnx(model_uri: str, file: Path) -> None:
    """Writes the file, whole or not at all; raises InvalidModel, or OutputUnavailable."""
    content = onnx_model(load(model_uri)).SerializeToString()
    try:
        with fresh_file(file) as out:
            out.write(content)
    except OSError as error:
        raise OutputUnavailable(f"{file} cannot be written: {error.strerror or error}") from error


def onnx_model(model: Model) -> Any:
    """The graph, checked by onnx; raises InvalidModel where ONNX has no nodes for something."""
    graph, manifest = Graph(), model.manifest
    classes = manifest.classes or ()
    found = learned(graph, _preprocessed(graph, model.preprocessing), manifest.algorithm, model.weights, len(classes))
    facts = {"algorithm": manifest.algorithm.kind, "weightsDigest": manifest.weights_digest}
    return graph.model(model.n_features_in_, _outputs(graph, found, classes), facts)


def _preprocessed(graph: Graph, preprocessing: Preprocessing) -> str:
    named = next((feature.name for feature in preprocessing.features if feature.categories is not None), None)
    if named is not None:
        raise InvalidModel(
            f"column {named!r} is a category, and ONNX takes rows of numbers alone; encode it before the training"
        )
    x = "X"
    fills = [feature.fill for feature in preprocessing.features]
    if any(fill is not None for fill in fills):
        fill_D = np.array([np.nan if fill is None else float(fill) for fill in fills])
        x = graph.node("Where", graph.node("IsNaN", x), graph.constant(fill_D), x)
    scaling = preprocessing.standardization
    if scaling is not None:
        shifted = graph.node("Sub", x, graph.constant(scaling.mean_D))
        x = graph.node("Div", shifted, graph.constant(scaling.scale_D))
    return x


def _outputs(graph: Graph, found: Learned, classes: tuple[str | int, ...]) -> dict[str, tuple[str, str, list[Any]]]:
    if found.class_index is None:
        assert found.number is not None
        return {"prediction": (found.number, "f", ["N"])}
    values = np.array(classes)
    prediction = graph.node("Gather", graph.constant(values), found.class_index)
    outputs: dict[str, tuple[str, str, list[Any]]] = {"prediction": (prediction, values.dtype.kind, ["N"])}
    if found.scores is not None:
        outputs["scores"] = (found.scores, "f", ["N"] if len(classes) == 2 else ["N", len(classes)])
    if found.probabilities is not None:
        outputs["probabilities"] = (found.probabilities, "f", ["N", len(classes)])
    return outputs
