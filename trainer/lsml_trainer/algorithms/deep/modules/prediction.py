"""The predictor of a module from its weights: the module is built again, and given them."""

from typing import Any

import numpy as np
import torch
from torch import nn

from lsml_trainer.algorithms.deep.learner import Floats
from lsml_trainer.algorithms.deep.modules.device import chosen_device
from lsml_trainer.algorithms.deep.modules.learner import USERS
from lsml_trainer.algorithms.deep.modules.perceptron import Perceptron
from lsml_trainer.algorithms.deep.modules.users import blamed, built
from lsml_trainer.algorithms.deep.prediction import NetworkPredictor, predictor_kind
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.spec.deep_learning import DeepLearning


def module_predictor(config: DeepLearning, weights: Arrays) -> NetworkPredictor:
    """The predictor; raises LookupError or ValueError where the weights are another network's.

    A user's module is imported by its name and built: load the models of people whose code you would run.
    """
    module, outputs, width = trained_module(config, weights)
    device = chosen_device()
    module.to(device).eval()

    def outputs_of(x_ND: Floats) -> Floats:
        with torch.inference_mode(), blamed(config.network.module or "mlp"):
            z_NK: Floats = module(torch.tensor(x_ND, dtype=torch.float32, device=device)).float().cpu().numpy()
        return z_NK

    return predictor_kind(config)(outputs_of, width, outputs)


def trained_module(config: DeepLearning, weights: Arrays) -> tuple[nn.Module, int, int]:
    """The module, its outputs, and numbers that a row takes within, as far as is known."""
    mlp = config.network.mlp
    if mlp is not None:
        features, outputs = weights["layers.0.weight"].shape[1], len(weights[f"layers.{len(mlp.hidden)}.bias"])
        module: nn.Module = Perceptron(mlp, features, outputs)
        return _with(module, weights), outputs, max(features, outputs, *mlp.hidden)
    features, outputs = (int(size) for size in weights["shape"])
    module = built(config.network, features, outputs, seed=0)
    named = {name.removeprefix(USERS): array for name, array in weights.items() if name.startswith(USERS)}
    return _with(module, named), outputs, 64 * max(features, outputs)


def _with(module: nn.Module, weights: Arrays) -> nn.Module:
    there: dict[str, Any] = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    with torch.no_grad():
        for name, array in weights.items():
            shape = tuple(there[name].shape) if name in there else None
            if (np.shape(array) if shape != () else np.shape(array)[1:]) != shape:  # a file has a list of one for ()
                raise ValueError(f"{name} {np.shape(array)} is not in the network as it is built now")
            there[name].copy_(torch.from_numpy(np.asarray(array)).reshape(shape))
    return module
