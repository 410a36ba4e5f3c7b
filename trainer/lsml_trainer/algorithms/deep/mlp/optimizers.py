"""How the weights follow the gradient: what torch.optim computes, on one flat vector. Pure.

Shapes: P weights.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from lsml_trainer.algorithms.deep.learner import Floats
from lsml_trainer.spec.deep_learning import AdamOptimizer, Optimizer, SgdOptimizer

Memory = Mapping[str, Floats]


class Rule(NamedTuple):
    """What an optimizer remembers, and how it changes the weights."""

    memory: tuple[str, ...]
    """Names of the vectors (P,) that it remembers, torch.optim's; they start at zero."""
    update: Callable[[Floats, Memory, Floats, int, float], tuple[Floats, Memory]]
    """(weights_P, memory, gradient_P, steps done, factor of the learning rate) -> the next weights and memory."""


def rule_of(config: Optimizer) -> Rule:
    """The rule of a specification."""
    if config.sgd is not None:
        return _sgd(config.sgd)
    if config.adam is not None:
        return _adam(config.adam, decoupled=False)
    assert config.adamw is not None, "an optimizer is sgd, adam or adamw"
    return _adam(config.adamw, decoupled=True)


def _sgd(config: SgdOptimizer) -> Rule:
    """g = gradient + decay w; b = momentum b + g; w - rate (g + momentum b), or w - rate b without Nesterov."""

    def update(
        weights_P: Floats, memory: Memory, gradient_P: Floats, steps: int, factor: float
    ) -> tuple[Floats, Memory]:
        if config.weight_decay:
            gradient_P = gradient_P + config.weight_decay * weights_P
        if not config.momentum:
            return weights_P - config.learning_rate * factor * gradient_P, memory
        buffer_P = config.momentum * memory["momentum_buffer"] + gradient_P
        step_P = gradient_P + config.momentum * buffer_P if config.nesterov else buffer_P
        return weights_P - config.learning_rate * factor * step_P, {"momentum_buffer": buffer_P}

    return Rule(("momentum_buffer",) if config.momentum else (), update)


def _adam(config: AdamOptimizer, decoupled: bool) -> Rule:
    """m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; w - rate m' / (sqrt(v') + eps), m' and v' unbiased.

    Source: Kingma and Ba, 2015, algorithm 1; the decoupled decay: Loshchilov and Hutter, 2019, algorithm 2.
    """
    (beta1, beta2), decay = config.betas, config.weight_decay

    def update(
        weights_P: Floats, memory: Memory, gradient_P: Floats, steps: int, factor: float
    ) -> tuple[Floats, Memory]:
        rate = config.learning_rate * factor
        if decoupled:
            weights_P = weights_P * (1 - rate * decay)
        elif decay:
            gradient_P = gradient_P + decay * weights_P
        mean_P, square_P = memory["exp_avg"] * beta1, memory["exp_avg_sq"] * beta2
        mean_P += (1 - beta1) * gradient_P
        square_P += (1 - beta2) * gradient_P * gradient_P
        step_P = np.sqrt(square_P)
        step_P *= (1 - beta2 ** (steps + 1)) ** -0.5
        step_P += config.eps
        np.divide(mean_P, step_P, out=step_P)
        step_P *= rate / (1 - beta1 ** (steps + 1))
        return weights_P - step_P, {"exp_avg": mean_P, "exp_avg_sq": square_P}

    return Rule(("exp_avg", "exp_avg_sq"), update)
