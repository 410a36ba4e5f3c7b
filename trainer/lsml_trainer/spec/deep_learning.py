"""algorithm.deepLearning: the network, the optimizer and their hyperparameters, by PyTorch's names."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lsml_trainer.spec.base import Choice, Rule, SpecModel
from lsml_trainer.spec.gradient_descent import GradientDescent
from lsml_trainer.spec.numbers import NonNegative, Positive, Rounds


class Mlp(SpecModel):
    """A fully connected network."""

    hidden: Annotated[tuple[Annotated[int, Field(ge=1, le=65_536)], ...], Field(min_length=0, max_length=32)] = (100,)
    """Sizes of the hidden layers, first to last; empty gives a linear model. Default: [100]."""
    activation: Literal["relu", "gelu", "silu", "tanh", "sigmoid"] = "relu"
    """What follows each hidden layer. Default: relu."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of hidden units left out in each training step. Default: 0."""


class Network(Choice):
    """The network to train."""

    mlp: Mlp | None = None
    """A fully connected network of the given sizes."""


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

    RULES: ClassVar[tuple[Rule, ...]] = GradientDescent.RULES


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


class Optimizer(Choice):
    """How the weights follow the gradient."""

    sgd: SgdOptimizer | None = None
    """Stochastic gradient descent with optional momentum."""
    adam: AdamOptimizer | None = None
    """Adam (Kingma and Ba, 2015)."""
    adamw: AdamwOptimizer | None = None
    """AdamW (Loshchilov and Hutter, 2019)."""


class DeepLearning(SpecModel):
    """A neural network trained with PyTorch."""

    network: Network
    """What is trained."""
    loss: Literal["cross_entropy", "mse"] = "cross_entropy"
    """cross_entropy learns classes, mse a number. Default: cross_entropy."""
    optimizer: Optimizer
    """How the weights follow the gradient."""
    epochs: Rounds = 10
    """Passes over the training rows. Default: 10."""
    batch_size: Annotated[int, Field(ge=1, le=10_000_000)] = 128
    """Rows in a step, over all workers. Default: 128."""
