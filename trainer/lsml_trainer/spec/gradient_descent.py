"""algorithm.gradientDescent: its hyperparameters."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lsml_trainer.spec.base import Rule, SpecModel
from lsml_trainer.spec.class_weight import CLASS_LOSSES, ClassWeight, class_weight_belongs_to
from lsml_trainer.spec.l1_ratio import L1_RATIO_NEEDS_ELASTICNET
from lsml_trainer.spec.numbers import NonNegative, Positive, Rounds, Share

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
    """Length of a step, or auto: one over the Lipschitz constant of the gradient; of more than 4096 features, or of
    rows without their zeros, over a bound of it, the mean square of the rows. Default: auto.
    """
    iterations: Rounds = 1000
    """At most this many steps. Default: 1000."""
    tolerance: NonNegative = 0.0
    """Stop when no entry of the gradient is larger. Default: 0, all iterations are done."""
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the last step that is added to the next. Default: 0."""
    nesterov: bool = False
    """Take the gradient at the look-ahead point (Nesterov) rather than at the weights (heavy ball). Default: false."""
    alpha: NonNegative = 0.0
    """Strength of the penalty; the intercept is not penalised. Default: 0."""
    penalty: Literal["l2", "l1", "elasticnet"] = "l2"
    """Which norm of the weights is held small: l2 alpha/2 * w'w (ridge), l1 alpha * |w| (lasso, by the proximal
    gradient; with nesterov and a momentum as FISTA), elasticnet a mix of both. Default: l2.
    """
    l1_ratio: Share = 0.15
    """Share of L1 in elasticnet. Default: 0.15."""
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
            cel="!has(self.penalty) || (has(self.alpha) && self.alpha > 0.0)",
            message="penalty needs an alpha above 0, such as alpha: 0.1",
            holds=lambda m: "penalty" not in m.model_fields_set or m.alpha > 0,
            field="penalty",
        ),
        Rule(
            cel="!has(self.penalty) || self.penalty == 'l2' || !has(self.method) || self.method == 'gradient'",
            message="l1 and elasticnet belong to method: gradient; Newton's method needs a smooth penalty, take l2",
            holds=lambda m: m.penalty == "l2" or m.method == "gradient",
            field="penalty",
        ),
        L1_RATIO_NEEDS_ELASTICNET,
        Rule(
            cel="!has(self.epsilon) || self.loss in ['huber', 'squared_epsilon_insensitive']",
            message="epsilon belongs to loss: huber or squared_epsilon_insensitive; take it out or set one of them",
            holds=lambda m: "epsilon" not in m.model_fields_set or m.loss in ("huber", "squared_epsilon_insensitive"),
            field="epsilon",
        ),
        class_weight_belongs_to(
            "losses of classes, log_loss and squared_hinge; take it out", lambda m: m.loss in CLASS_LOSSES
        ),
    )

    @property
    def l1(self) -> float:
        """Strength of |w|."""
        return {"l2": 0.0, "l1": self.alpha, "elasticnet": self.alpha * self.l1_ratio}[self.penalty]

    @property
    def l2(self) -> float:
        """Strength of w'w / 2."""
        return self.alpha - self.l1
