"""algorithm.gradientDescent: its hyperparameters."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lsml_trainer.spec.base import Rule, SpecModel
from lsml_trainer.spec.numbers import NonNegative, Positive, Rounds

SmoothLoss = Literal["mse", "huber", "log_loss", "squared_hinge"]


class GradientDescent(SpecModel):
    """Full-batch gradient descent on a generalised linear model: every iteration reads every training row."""

    loss: SmoothLoss
    """What is minimised, averaged over the rows, z = x'w + b: mse (z - y)^2 / 2, huber, log_loss (multinomial for more
    than two classes), squared_hinge (one against the rest).
    """
    learning_rate: Positive | Literal["auto"] = "auto"
    """Length of a step, or auto: one over the Lipschitz constant of the gradient. Default: auto."""
    iterations: Rounds = 1000
    """At most this many steps. Default: 1000."""
    tolerance: NonNegative = 0.0
    """Stop when no entry of the gradient is larger. Default: 0, all iterations are done."""
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the last step that is added to the next. Default: 0."""
    nesterov: bool = False
    """Take the gradient at the look-ahead point (Nesterov) rather than at the weights (heavy ball). Default: false."""
    alpha: NonNegative = 0.0
    """Strength of the L2 penalty alpha/2 * w'w; the intercept is not penalised. Default: 0."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="!(has(self.nesterov) && self.nesterov) || (has(self.momentum) && self.momentum > 0.0)",
            message="nesterov needs a momentum above 0, such as momentum: 0.9",
            holds=lambda m: not m.nesterov or m.momentum > 0,
            field="nesterov",
        ),
    )
