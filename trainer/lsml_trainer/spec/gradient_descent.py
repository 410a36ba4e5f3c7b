"""algorithm.gradientDescent: its hyperparameters."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lsml_trainer.spec.base import Rule, SpecModel
from lsml_trainer.spec.class_weight import CLASS_LOSSES, ClassWeight
from lsml_trainer.spec.numbers import NonNegative, Positive, Rounds

SmoothLoss = Literal["mse", "huber", "squared_epsilon_insensitive", "log_loss", "squared_hinge"]

NESTEROV_NEEDS_MOMENTUM = Rule(
    cel="!(has(self.nesterov) && self.nesterov) || (has(self.momentum) && self.momentum > 0.0)",
    message="nesterov needs a momentum above 0, such as momentum: 0.9",
    holds=lambda m: not m.nesterov or m.momentum > 0,
    field="nesterov",
)


class GradientDescent(SpecModel):
    """Full-batch gradient descent on a generalised linear model: every iteration reads every training row."""

    loss: SmoothLoss
    """What is minimised, averaged over the rows, z = x'w + b: mse (z - y)^2 / 2, huber,
    squared_epsilon_insensitive, log_loss (multinomial for more than two classes), squared_hinge (one against the rest).
    """
    method: Literal["gradient", "newton"] = "gradient"
    """gradient: a step along the gradient. newton: Newton's method, a step along the gradient times the inverse of the
    second derivatives, halved until the objective falls: some ten passes where badly scaled or correlated features
    cost the gradient thousands, each dearer by the number of features. Default: gradient.
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
    epsilon: Positive = 0.1
    """Width of huber and squared_epsilon_insensitive, in units of the label. Default: 0.1."""
    class_weight: ClassWeight | None = None
    """How much the rows of a class count: balanced, as much as all rows over those of the class, or a map from the
    class to a number, 1 for those that are not in it. Default: all rows count the same.
    """

    RULES: ClassVar[tuple[Rule, ...]] = (
        NESTEROV_NEEDS_MOMENTUM,
        Rule(
            cel="!(has(self.momentum) && self.momentum > 0.0) || !has(self.method) || self.method == 'gradient'",
            message="momentum belongs to method: gradient; Newton's steps need none, so take it out",
            holds=lambda m: m.momentum == 0 or m.method == "gradient",
            field="momentum",
        ),
        Rule(
            cel=None,  # a number or a word, which CEL cannot see: the job fails with this sentence instead
            message="learningRate belongs to method: gradient; Newton's steps have their own length, so take it out",
            holds=lambda m: "learning_rate" not in m.model_fields_set or m.method == "gradient",
            field="method",
        ),
        Rule(
            cel="!has(self.epsilon) || self.loss in ['huber', 'squared_epsilon_insensitive']",
            message="epsilon belongs to loss: huber or squared_epsilon_insensitive; take it out or set one of them",
            holds=lambda m: "epsilon" not in m.model_fields_set or m.loss in ("huber", "squared_epsilon_insensitive"),
            field="epsilon",
        ),
        Rule(
            cel=None,  # a word or a map, which CEL cannot see
            message="classWeight belongs to losses of classes, log_loss and squared_hinge; take it out",
            holds=lambda m: m.class_weight is None or m.loss in CLASS_LOSSES,
            field="classWeight",
        ),
    )
