"""How the weights follow the gradient: what torch.optim computes, on one flat vector.

The rules are entry by entry, so one flat vector gives what a list of parameters gives. Must not know networks or teams.
Shapes: P weights.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.optim.sgd import sgd

from lsml_trainer.spec.deep_learning import AdamOptimizer, Optimizer, SgdOptimizer


class Rule(NamedTuple):
    """What an optimizer remembers, and how it changes the weights."""

    memory: tuple[str, ...]
    """Names of the vectors (P,) that it remembers, torch.optim's; they start at zero."""
    update: Callable[[Tensor, Sequence[Tensor], Tensor, int], None]
    """(weights_P, memory, gradient_P, steps done): writes the next weights and memory into the ones given."""


def rule(config: Optimizer) -> Rule:
    """The rule of a specification."""
    if config.sgd is not None:
        return _sgd(config.sgd)
    if config.adam is not None:
        return _adam(config.adam, decoupled=False)
    assert config.adamw is not None, "an optimizer is sgd, adam or adamw"
    return _adam(config.adamw, decoupled=True)


def _sgd(config: SgdOptimizer) -> Rule:
    def update(weights_P: Tensor, memory: Sequence[Tensor], gradient_P: Tensor, steps: int) -> None:
        sgd(
            [weights_P],
            [gradient_P],
            list(memory) or [None],  # a buffer of zeros gives torch's first step: 0 * momentum + gradient
            foreach=False,
            weight_decay=config.weight_decay,
            momentum=config.momentum,
            lr=config.learning_rate,
            dampening=0.0,
            nesterov=config.nesterov,
            maximize=False,
        )

    return Rule(("momentum_buffer",) if config.momentum else (), update)


def _adam(config: AdamOptimizer, decoupled: bool) -> Rule:
    # The kernel of torch.optim.Adam(fused=True); its functional form spends 20 us on grouping lists of one tensor.
    kernel = torch._fused_adamw_ if decoupled else torch._fused_adam_
    beta1, beta2 = config.betas

    def update(weights_P: Tensor, memory: Sequence[Tensor], gradient_P: Tensor, steps: int) -> None:
        mean_P, square_P = memory
        kernel(
            [weights_P],
            [gradient_P],
            [mean_P],
            [square_P],
            [],
            [torch.tensor(steps + 1.0, device=weights_P.device)],
            lr=config.learning_rate,
            beta1=beta1,
            beta2=beta2,
            weight_decay=config.weight_decay,
            eps=config.eps,
            amsgrad=False,
            maximize=False,
        )

    return Rule(("exp_avg", "exp_avg_sq"), update)
