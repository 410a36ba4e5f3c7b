"""algorithm.deepLearning.optimizer: how the weights follow the gradient, by PyTorch's names."""

from typing import Annotated, ClassVar

from pydantic import Field

from lsml_trainer.spec.arguments import Arguments
from lsml_trainer.spec.base import Choice, Rule, SpecModel
from lsml_trainer.spec.gradient_descent import NESTEROV_NEEDS_MOMENTUM
from lsml_trainer.spec.numbers import NonNegative, Positive


class SgdOptimizer(SpecModel):
    """torch.optim.SGD."""

    learning_rate: Positive
    """Length of a step."""
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the last step that is added to the next. Default: 0."""
    nesterov: bool = False
    """Nesterov's momentum. Default: false."""
    weight_decay: NonNegative = 0.0
    """L2 penalty. Default: 0."""

    RULES: ClassVar[tuple[Rule, ...]] = (NESTEROV_NEEDS_MOMENTUM,)


class AdamOptimizer(SpecModel):
    """torch.optim.Adam."""

    learning_rate: Positive = 1e-3
    """Length of a step. Default: 0.001."""
    betas: Annotated[tuple[Annotated[float, Field(ge=0, lt=1)], ...], Field(min_length=2, max_length=2)] = (0.9, 0.999)
    """Decay of the running means of the gradient and of its square. Default: [0.9, 0.999]."""
    eps: Positive = 1e-8
    """Added to the denominator. Default: 1e-8."""
    weight_decay: NonNegative = 0.0
    """L2 penalty. Default: 0."""


class AdamwOptimizer(AdamOptimizer):
    """torch.optim.AdamW: the weight decay is decoupled from the gradient."""

    weight_decay: NonNegative = 0.01
    """Decoupled weight decay. Default: 0.01."""


class TorchOptimizer(SpecModel):
    """Any other class of torch.optim that needs neither a closure (LBFGS) nor sparse gradients (SparseAdam)."""

    name: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9]*$", max_length=63)]
    """Its name, such as RMSprop."""
    arguments: Arguments = Field(default_factory=dict)
    """Its arguments by PyTorch's names, such as lr: 0.01. Default: PyTorch's."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel=None,  # what is in arguments cannot be seen by CEL
            message="arguments params, fused, capturable, differentiable and maximize are not yours; take them out",
            holds=lambda m: not m.arguments.keys() & {"params", "fused", "capturable", "differentiable", "maximize"},
            field="arguments",
        ),
    )


class Optimizer(Choice):
    """How the weights follow the gradient."""

    sgd: SgdOptimizer | None = None
    """Stochastic gradient descent with optional momentum."""
    adam: AdamOptimizer | None = None
    """Adam (Kingma and Ba, 2015)."""
    adamw: AdamwOptimizer | None = None
    """AdamW (Loshchilov and Hutter, 2019)."""

    torch: TorchOptimizer | None = None
    """Any other of torch.optim, by name."""

    @property
    def learning_rate_field(self) -> str:
        """Where a person changes the learning rate, and what it is."""
        if self.torch is not None:
            return f"torch.arguments.lr (now {self.torch.arguments.get('lr', 'the default')})"
        return f"{self.kind}.learningRate (now {self.chosen.learning_rate:g})"
