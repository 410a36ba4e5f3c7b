"""classWeight, which the families of classifiers share."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field

from lsml_trainer.spec.base import Rule
from lsml_trainer.spec.numbers import NonNegative

ClassName = Annotated[str, Field(min_length=1, max_length=256)]
ClassWeight = Literal["balanced"] | Annotated[dict[ClassName, NonNegative], Field(min_length=1, max_length=1000)]
"""`balanced`: rows / (classes * rows of the class), as scikit-learn's; or a weight by the class's value, else 1."""

CLASS_LOSSES = ("log_loss", "hinge", "squared_hinge")


def class_weight_belongs_to(what: str, learns_classes: Callable[[Any], bool]) -> Rule:
    """A family takes classWeight only where it learns classes; `what` says when that is, and the remedy."""
    return Rule(
        cel=None,  # a word or a map, which CEL cannot see
        message=f"classWeight belongs to {what}",
        holds=lambda m: m.class_weight is None or learns_classes(m),
        field="classWeight",
    )
