"""A torch.nn.Module as nodes of a graph, by torch's own exporter."""

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import onnx
import torch

from lsml_trainer.algorithms.deep.modules.prediction import trained_module
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.errors import InvalidModel
from lsml_trainer.exporting.graph import OPSET, Graph
from lsml_trainer.spec import DeepLearning


def module_outputs(graph: Graph, x: str, config: DeepLearning, weights: Arrays) -> str:
    """What the module makes of x (N, D) float32, (N, K); raises InvalidModel where torch cannot say it in ONNX."""
    module, *_ = trained_module(config, weights)
    features = int(weights["shape"][0]) if "shape" in weights else int(weights["layers.0.weight"].shape[1])
    name = config.network.module or "mlp"
    try:
        return graph.spliced(_exported(module.eval(), features), x)
    except (RuntimeError, ValueError, TypeError) as error:
        words = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InvalidModel(f"torch cannot write the network {name} as ONNX: {words}") from None


def _exported(module: torch.nn.Module, features: int) -> Any:
    """By tracing: torch.export would need onnxscript, and a module that its compiler understands."""
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        file = Path(folder, "module.onnx")
        warnings.simplefilter("ignore")  # what it traced is compared with the model in the tests
        torch.onnx.export(
            module,
            (torch.zeros(2, features),),
            file,
            dynamo=False,
            opset_version=OPSET,
            input_names=["x"],
            output_names=["z"],
            dynamic_axes={"x": {0: "N"}, "z": {0: "N"}},
        )
        return onnx.load(file)
