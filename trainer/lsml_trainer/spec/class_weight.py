"""classWeight, which the families of classifiers share."""

from typing import Annotated, Literal

from pydantic import Field

from lsml_trainer.spec.numbers import NonNegative

ClassName = Annotated[str, Field(min_length=1, max_length=256)]
ClassWeight = Literal["balanced"] | Annotated[dict[ClassName, NonNegative], Field(min_length=1, max_length=1000)]
"""`balanced`: rows / (classes * rows of the class), as scikit-learn's; or a weight by the class's value, else 1."""

CLASS_LOSSES = ("log_loss", "hinge", "squared_hinge")
