"""A graph of ONNX, a node at a time; each method gives the name of what it computes. Knows no model."""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 18
IR_VERSION = 10  # what onnxruntime 1.18 and newer read

KINDS = {"f": TensorProto.DOUBLE, "i": TensorProto.INT64, "U": TensorProto.STRING}


class Graph:
    """Nodes and constants, in the order of their making."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """The first output of a new node."""
        output = f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, values: NDArray[Any]) -> str:
        """An array as it is; text as well."""
        name = f"constant_{len(self._constants)}"
        array = values.astype(object) if values.dtype.kind == "U" else np.ascontiguousarray(values)
        self._constants.append(numpy_helper.from_array(array, name))
        return name

    def number(self, value: float) -> str:
        """A constant of float64 that fits every shape."""
        return self.constant(np.array(value))

    def affine(self, x: str, weight_OI: NDArray[Any], bias_O: NDArray[Any]) -> str:
        """x W' + b."""
        return self.node("Add", self.node("MatMul", x, self.constant(weight_OI.T)), self.constant(bias_O))

    def model(self, features: int, outputs: dict[str, tuple[str, str, list[Any]]], facts: dict[str, str]) -> Any:
        """The whole: input X (N, features) of float64, outputs by their names (what computes it, kind, shape)."""
        renamed = [helper.make_node("Identity", [computed], [name]) for name, (computed, _, _) in outputs.items()]
        values = [helper.make_tensor_value_info(name, KINDS[kind], shape) for name, (_, kind, shape) in outputs.items()]
        x = helper.make_tensor_value_info("X", TensorProto.DOUBLE, ["N", features])
        graph = helper.make_graph([*self._nodes, *renamed], "lsml", [x], values, self._constants)
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name="lsml")
        helper.set_model_props(model, facts)
        onnx.checker.check_model(model, full_check=True)
        return model
