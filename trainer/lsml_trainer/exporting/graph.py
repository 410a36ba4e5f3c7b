"""A graph of ONNX, a node at a time; each method gives the name of what it computes. Knows no model."""

from typing import Any

import numpy as np
import onnx
import onnx.compose
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 19  # the first whose Equal takes text
IR_VERSION = 10  # what onnxruntime 1.18 and newer read

KINDS = {"f": TensorProto.DOUBLE, "i": TensorProto.INT64, "U": TensorProto.STRING}


class Graph:
    """Nodes and constants, in the order of their making."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """The first output of a new node."""
        output = f"lsml/{kind.lower()}_{len(self._nodes)}"  # no column is called so
        self._nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, values: NDArray[Any]) -> str:
        """An array as it is; text as well."""
        name = f"lsml/constant_{len(self._constants)}"
        array = values.astype(object) if values.dtype.kind == "U" else np.ascontiguousarray(values)
        self._constants.append(numpy_helper.from_array(array, name))
        return name

    def number(self, value: float) -> str:
        """A constant of float64 that fits every shape."""
        return self.constant(np.array(value))

    def affine(self, x: str, weight_OI: NDArray[Any], bias_O: NDArray[Any]) -> str:
        """x W' + b."""
        return self.node("Add", self.node("MatMul", x, self.constant(weight_OI.T)), self.constant(bias_O))

    def spliced(self, model: Any, x: str) -> str:
        """The only output of a model of ONNX whose only input is x."""
        inner = onnx.compose.add_prefix(model, f"lsml/model_{len(self._nodes)}/").graph
        self._nodes += [helper.make_node("Identity", [x], [inner.input[0].name]), *inner.node]
        self._constants += inner.initializer
        return str(inner.output[0].name)

    def model(
        self,
        inputs: dict[str, tuple[str, int]],
        outputs: dict[str, tuple[str, str, list[Any]]],
        facts: dict[str, str],
    ) -> Any:
        """The whole: inputs (N, width) by their names (kind, width), outputs (what computes it, kind, shape)."""
        renamed = [helper.make_node("Identity", [computed], [name]) for name, (computed, _, _) in outputs.items()]
        values = [helper.make_tensor_value_info(name, KINDS[kind], shape) for name, (_, kind, shape) in outputs.items()]
        read = [
            helper.make_tensor_value_info(name, KINDS[kind], ["N", width]) for name, (kind, width) in inputs.items()
        ]
        graph = helper.make_graph([*self._nodes, *renamed], "lsml", read, values, self._constants)
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name="lsml")
        helper.set_model_props(model, facts)
        onnx.checker.check_model(model, full_check=True)
        return model
