"""algorithm.deepLearning.network: what is trained."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lsml_trainer.spec.arguments import Arguments
from lsml_trainer.spec.base import Rule, SpecModel, exactly_one_sentence

_NAME = "[A-Za-z_][A-Za-z0-9_]*"
ModulePath = Annotated[str, Field(pattern=rf"^{_NAME}(\.{_NAME})*:{_NAME}$", max_length=255)]


class Mlp(SpecModel):
    """A fully connected network."""

    hidden: Annotated[tuple[Annotated[int, Field(ge=1, le=65_536)], ...], Field(min_length=0, max_length=32)] = (100,)
    """Sizes of the hidden layers, first to last; empty gives a linear model. Default: [100]."""
    activation: Literal["relu", "gelu", "silu", "tanh", "sigmoid"] = "relu"
    """What follows each hidden layer. Default: relu."""
    normalization: Literal["none", "batch", "layer"] = "none"
    """What comes between a hidden layer and its activation: none, batch (over the rows that one shard gives to a step,
    so that it does not depend on the number of workers) or layer. Default: none.
    """
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of hidden units left out in each training step. Default: 0."""


class Network(SpecModel):
    """The network to train: one of mlp and module."""

    mlp: Mlp | None = None
    """A fully connected network of the given sizes."""
    module: ModulePath | None = None
    """Your own, PACKAGE.MODULE:FUNCTION on the worker's PYTHONPATH. The function is called with features (columns of
    a row), outputs (one a class; 1 for a number) and the arguments, and returns a torch.nn.Module that maps float32
    (rows, features) to (rows, outputs).
    """
    arguments: Arguments = Field(default_factory=dict)
    """Further arguments of the module's function, by name: strings, numbers, booleans, lists and maps. Default: none.
    """

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="has(self.mlp) != has(self.module)",
            message=exactly_one_sentence(("mlp", "module")),
            holds=lambda m: (m.mlp is None) != (m.module is None),
        ),
        Rule(
            cel="!has(self.arguments) || has(self.module)",
            message="arguments belong to module; take them out or name a module",
            holds=lambda m: "arguments" not in m.model_fields_set or m.module is not None,
            field="arguments",
        ),
        Rule(
            cel=None,  # what is in arguments cannot be seen by CEL
            message="arguments features and outputs are given by the data; take them out",
            holds=lambda m: not m.arguments.keys() & {"features", "outputs"},
            field="arguments",
        ),
    )
