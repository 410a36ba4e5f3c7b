"""algorithm.deepLearning.network: what is trained."""

from typing import Annotated, Literal

from pydantic import Field

from lsml_trainer.spec.base import Choice, SpecModel


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
