"""`lsml export --onnx` behind its command line: a model with its preprocessing as one graph.

Outputs: `prediction`, and of a classifier `scores` and, where it has them, `probabilities`; inputs: `preprocessed.py`.
"""

from pathlib import Path
from typing import Any

import numpy as np

from lsml_trainer.atomic import fresh_file
from lsml_trainer.errors import InvalidModel, OutputUnavailable
from lsml_trainer.exporting.graph import Graph
from lsml_trainer.exporting.learned import learned
from lsml_trainer.exporting.learned_part import Learned
from lsml_trainer.exporting.preprocessed import preprocessed
from lsml_trainer.loading import load
from lsml_trainer.model import Model


def export_onnx(model_uri: str, file: Path, *, trust_module: bool = False) -> None:
    """Writes the file, whole or not at all; raises InvalidModel, or OutputUnavailable."""
    content = onnx_model(load(model_uri, trust_module=trust_module)).SerializeToString()
    try:
        with fresh_file(file) as out:
            out.write(content)
    except OSError as error:
        raise OutputUnavailable(f"{file} cannot be written: {error.strerror or error}") from error


def onnx_model(model: Model) -> Any:
    """The graph, checked by onnx; raises InvalidModel where ONNX has no nodes for something."""
    graph, manifest = Graph(), model.manifest
    classes = manifest.classes or ()
    inputs, x = preprocessed(graph, model.preprocessing)
    found = learned(graph, x, manifest.algorithm, model.weights, len(classes))
    facts = {"algorithm": manifest.algorithm.kind, "weightsDigest": manifest.weights_digest}
    outputs = _outputs(graph, found, classes)
    twice = next((name for name in outputs if name in inputs), None)
    if twice is not None:
        raise InvalidModel(f"a column is called {twice!r}, as an output of the graph is; rename it before the training")
    return graph.model(inputs, outputs, facts)


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
