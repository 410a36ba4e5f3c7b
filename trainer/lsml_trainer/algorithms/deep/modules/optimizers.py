"""How the weights of a module follow the gradient: torch.optim. What was given is never written to.

sgd, adam and adamw are entry by entry, so one flat vector gives what a list of parameters gives. Shapes: P weights.
"""

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor
from torch.optim.sgd import sgd

from lsml_trainer.algorithms.deep.modules.flat import FlatModule
from lsml_trainer.algorithms.deep.modules.named_optimizer import NamedRule
from lsml_trainer.spec.deep_learning import AdamOptimizer, Optimizer, SgdOptimizer

Memory = Mapping[str, Tensor]


class Rule(Protocol):
    """What an optimizer remembers, and how it changes the weights."""

    def first(self, weights_P: Tensor) -> Memory:
        """What it remembers before the first step."""
        ...

    def update(
        self, weights_P: Tensor, memory: Memory, gradient_P: Tensor, steps: int, factor: float
    ) -> tuple[Tensor, Memory]:
        """The next weights and memory, new tensors; `factor` multiplies the learning rate."""
        ...


def rule_of(config: Optimizer, flat: FlatModule) -> Rule:
    """The rule of a specification. Raises InvalidSpec."""
    if config.torch is not None:
        return NamedRule(config.torch, flat)
    if config.sgd is not None:
        return SgdRule(config.sgd)
    adam = config.adam or config.adamw
    assert adam is not None, "an optimizer is sgd, adam, adamw or torch"
    return AdamRule(adam, decoupled=config.adam is None)


class SgdRule:
    """torch.optim.SGD."""

    def __init__(self, config: SgdOptimizer) -> None:
        self._config = config

    def first(self, weights_P: Tensor) -> Memory:
        """Zeros, which give torch's first step: 0 * momentum + gradient."""
        return {"momentum_buffer": torch.zeros_like(weights_P)} if self._config.momentum else {}

    def update(
        self, weights_P: Tensor, memory: Memory, gradient_P: Tensor, steps: int, factor: float
    ) -> tuple[Tensor, Memory]:
        """One step."""
        config, weights_P, memory = self._config, weights_P.clone(), _copied(memory)
        sgd(
            [weights_P],
            [gradient_P],
            list(memory.values()) or [None],
            foreach=False,
            weight_decay=config.weight_decay,
            momentum=config.momentum,
            lr=config.learning_rate * factor,
            dampening=0.0,
            nesterov=config.nesterov,
            maximize=False,
        )
        return weights_P, memory


class AdamRule:
    """The kernel of torch.optim.Adam and AdamW with fused=True."""

    def __init__(self, config: AdamOptimizer, decoupled: bool) -> None:
        self._config, self._kernel = config, torch._fused_adamw_ if decoupled else torch._fused_adam_

    def first(self, weights_P: Tensor) -> Memory:
        """Zeros."""
        return {name: torch.zeros_like(weights_P) for name in ("exp_avg", "exp_avg_sq")}

    def update(
        self, weights_P: Tensor, memory: Memory, gradient_P: Tensor, steps: int, factor: float
    ) -> tuple[Tensor, Memory]:
        """One step."""
        config, weights_P, memory = self._config, weights_P.clone(), _copied(memory)
        self._kernel(
            [weights_P],
            [gradient_P],
            [memory["exp_avg"]],
            [memory["exp_avg_sq"]],
            [],
            [torch.tensor(steps + 1.0, device=weights_P.device)],
            lr=config.learning_rate * factor,
            beta1=config.betas[0],
            beta2=config.betas[1],
            weight_decay=config.weight_decay,
            eps=config.eps,
            amsgrad=False,
            maximize=False,
        )
        return weights_P, memory


def _copied(memory: Memory) -> Memory:
    return {name: vector_P.clone() for name, vector_P in memory.items()}
