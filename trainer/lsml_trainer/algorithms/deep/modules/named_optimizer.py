"""Any optimizer of torch.optim by the name of its class, on parameters in their own shapes.

What it remembers is copied out of it and in again, named INDEX.NAME.TYPE, so that it can be saved and undone.
"""

import inspect
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from lsml_trainer.algorithms.deep.modules.flat import FlatModule
from lsml_trainer.spec import InvalidSpec
from lsml_trainer.spec.deep_learning import TorchOptimizer

FIELD = "spec.algorithm.deepLearning.optimizer.torch"
NUMBERS = {"int": int, "float": float, "bool": bool}
SINGLE = "single-"
"""Before the type of a tensor without a dimension, such as a count of steps; it is kept on the CPU."""


class NamedRule:
    """A Rule."""

    def __init__(self, config: TorchOptimizer, flat: FlatModule) -> None:
        """Raises InvalidSpec where there is no such optimizer, or it does not take the arguments."""
        self._live_P = flat.weights_P.clone()
        self._gradient_P = torch.zeros_like(self._live_P)
        self._parameters = [torch.nn.Parameter(view) for view in flat.views(self._live_P)]
        for parameter, gradient in zip(self._parameters, flat.views(self._gradient_P), strict=True):
            parameter.grad = gradient
        spare_the_compiler()
        self._optimizer = _made(config, self._parameters)
        self._rate = self._optimizer.defaults.get("lr", 1.0)

    def first(self, weights_P: Tensor) -> Mapping[str, Tensor]:
        """What its constructor left."""
        return self._memory()

    def update(
        self, weights_P: Tensor, memory: Mapping[str, Tensor], gradient_P: Tensor, steps: int, factor: float
    ) -> tuple[Tensor, Mapping[str, Tensor]]:
        """One step of the optimizer."""
        self._live_P.copy_(weights_P)
        self._gradient_P.copy_(gradient_P)
        self._remember(memory)
        for group in self._optimizer.param_groups:
            group["lr"] = self._rate * factor
        plain_step(self._optimizer)
        return self._live_P.clone(), self._memory()

    def _memory(self) -> dict[str, Tensor]:
        return {
            f"{index}.{name}.{_type_of(value)}": torch.as_tensor(value).clone()
            for index, parameter in enumerate(self._parameters)
            for name, value in self._optimizer.state.get(parameter, {}).items()
            if value is not None
        }

    def _remember(self, memory: Mapping[str, Tensor]) -> None:
        state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        for key, value in memory.items():
            index, name, kind = key.split(".")
            state[self._parameters[int(index)]][name] = NUMBERS[kind](value) if kind in NUMBERS else value.clone()
        self._optimizer.state = state


def restored(key: str, array: Any, device: torch.device) -> Tensor:
    """A memory of this name from its float64 array, in its own type; single numbers are kept on the CPU."""
    kind = key.rpartition(".")[2]
    tensor = torch.tensor(array)
    if kind in NUMBERS:
        return tensor.reshape(())
    if kind.startswith(SINGLE):  # a file may have made a list of one of it
        return tensor.reshape(()).to(getattr(torch, kind.removeprefix(SINGLE)))
    return tensor.to(device, getattr(torch, kind))


def _type_of(value: Any) -> str:
    if not isinstance(value, Tensor):
        return type(value).__name__
    return f"{'' if value.ndim else SINGLE}{str(value.dtype).removeprefix('torch.')}"


def spare_the_compiler() -> None:
    """Lets an optimizer of torch.optim be made without torch's compiler, whose import takes 6 s.

    torch imports it to mark `add_param_group` as not to be compiled, unless it is marked already: as itself, it is.
    """
    group = getattr(torch.optim.Optimizer.add_param_group, "__wrapped__", None)
    if group is not None:
        vars(group).setdefault("__dynamo_disable", group)


def plain_step(optimizer: torch.optim.Optimizer) -> None:
    """A step without what torch wraps around it for its compiler, and imports that for; within `torch.no_grad`."""
    inspect.unwrap(type(optimizer).step)(optimizer)


def _made(config: TorchOptimizer, parameters: list[torch.nn.Parameter]) -> torch.optim.Optimizer:
    kind = getattr(torch.optim, config.name, None)
    if not inspect.isclass(kind) or not issubclass(kind, torch.optim.Optimizer) or kind is torch.optim.Optimizer:
        raise InvalidSpec(
            f"{FIELD}.name is {config.name!r}, and torch.optim has none such; it has {', '.join(_usable())}"
        )
    if config.name not in _usable():
        needs = "sparse gradients" if "Sparse" in config.name else "to compute the loss several times in a step"
        raise InvalidSpec(f"{FIELD}.name: {config.name} needs {needs}; take one of {', '.join(_usable())}")
    try:
        return kind(parameters, **config.arguments)
    except (TypeError, ValueError, AssertionError, RuntimeError) as error:
        raise InvalidSpec(f"{FIELD}: {config.name} does not take this network with these arguments: {error}") from None


def _usable() -> list[str]:
    """The names of the optimizers that work here, in the order of the alphabet."""
    classes = inspect.getmembers(torch.optim, inspect.isclass)
    named = [(name, kind) for name, kind in classes if issubclass(kind, torch.optim.Optimizer)]
    return [name for name, kind in named if name not in ("Optimizer", "SparseAdam") and not _needs_closure(kind)]


def _needs_closure(kind: type[torch.optim.Optimizer]) -> bool:
    closure = inspect.signature(kind.step).parameters.get("closure")
    return closure is not None and closure.default is inspect.Parameter.empty
