"""The user's module: found, built, and found to be what it must be. What is wrong with it is said in one sentence.

    def build(features: int, outputs: int, **arguments) -> torch.nn.Module

The module maps float32 (N, features) to (N, outputs). Its first weights are drawn by torch's own generator, which is
seeded before the call. It is trained as a whole: parameters that require a gradient (float32, dense), and what
`state_dict` holds beside them (buffers, frozen parameters), are the same on every worker, saved and restored.
"""

import importlib
import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from lsml_trainer.algorithms.base import UserCodeFailed
from lsml_trainer.spec import InvalidSpec
from lsml_trainer.spec.deep_learning import Network

FIELD = "spec.algorithm.deepLearning.network"


def built(network: Network, features: int, outputs: int, seed: int) -> nn.Module:
    """The module, on the CPU. Raises InvalidSpec, and UserCodeFailed where the code itself raises."""
    assert network.module is not None, "the network is a module"
    build = _function(network.module)
    arguments = {"features": features, "outputs": outputs, **network.arguments}
    try:
        inspect.signature(build).bind(**arguments)
    except TypeError as error:
        raise InvalidSpec(
            f"{FIELD}: {network.module}{inspect.signature(build)} does not take features, outputs and the arguments "
            f"given: {error}"
        ) from None
    torch.manual_seed(seed)
    with blamed(network.module):
        module = build(**arguments)
    if not isinstance(module, nn.Module):
        raise InvalidSpec(
            f"{FIELD}.module: {network.module} returned a {type(module).__name__}; it must return a torch.nn.Module"
        )
    _check_outputs(network.module, module, features, outputs)
    _check_parameters(network.module, module)
    return module


@contextmanager
def blamed(module: str) -> Iterator[None]:
    """Whatever is raised within is the user's code's."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        remedy = "raise accumulationSteps or lower batchSize"
        raise UserCodeFailed(f"{module}: the GPU has too little memory, {remedy} ({_first_line(error)})") from error
    except Exception as error:  # user code may raise anything; what it says is passed on
        raise UserCodeFailed(f"{module} raised {type(error).__name__}: {_first_line(error)}") from error


def _function(path: str) -> Callable[..., Any]:
    name, _, attribute = path.partition(":")
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):  # something that the module imports
            raise UserCodeFailed(f"{name} cannot be imported: {error}; add it to the worker's image") from error
        places = os.environ.get("PYTHONPATH", "not set")
        raise InvalidSpec(
            f"{FIELD}.module is {path!r}, and there is no Python module {error.name}; mount it, and name its folder in "
            f"the variable PYTHONPATH (now {places})"
        ) from None
    except Exception as error:
        raise UserCodeFailed(f"{name} cannot be imported: {type(error).__name__}: {_first_line(error)}") from error
    function = getattr(module, attribute, None)
    if not callable(function):
        offered = ", ".join(found for found, value in vars(module).items() if _is_own_function(value, name)) or "none"
        raise InvalidSpec(f"{FIELD}.module is {path!r}, and {name} has no function {attribute}; it has {offered}")
    return function  # type: ignore[no-any-return]  # callable() leaves it Any


def _is_own_function(value: object, module: str) -> bool:
    return (inspect.isfunction(value) or inspect.isclass(value)) and value.__module__ == module


def _check_outputs(path: str, module: nn.Module, features: int, outputs: int) -> None:
    """Two rows of zeros go through it; parameters that are made by the first call (torch's lazy ones) are made."""
    module.eval()
    with torch.no_grad(), blamed(path):
        found = module(torch.zeros(2, features))
    shape = tuple(found.shape) if isinstance(found, torch.Tensor) else f"a {type(found).__name__}"
    if shape != (2, outputs):
        raise InvalidSpec(
            f"{FIELD}.module: {path} maps 2 rows of {features} features to {shape}; it must give (2, {outputs})"
        )


def _check_parameters(path: str, module: nn.Module) -> None:
    trained = [(name, p) for name, p in module.named_parameters() if p.requires_grad]
    if not trained:
        raise InvalidSpec(
            f"{FIELD}.module: {path} has no parameter that requires a gradient; there is nothing to train"
        )
    for name, parameter in trained:
        if parameter.dtype != torch.float32:
            raise InvalidSpec(
                f"{FIELD}.module: {path} has the parameter {name} in {parameter.dtype}; keep it in torch.float32 and "
                "set precision for less"
            )


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else "no message"
