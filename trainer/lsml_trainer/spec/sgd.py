"""algorithm.sgd: its hyperparameters, by scikit-learn's names."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lsml_trainer.spec.base import Rule, SpecModel
from lsml_trainer.spec.class_weight import CLASS_LOSSES, ClassWeight
from lsml_trainer.spec.numbers import NonNegative, Positive, Rounds, Share

AnyLoss = Literal[
    "mse", "huber", "log_loss", "hinge", "squared_hinge", "epsilon_insensitive", "squared_epsilon_insensitive"
]
WIDENED = ("huber", "epsilon_insensitive", "squared_epsilon_insensitive")


class LearningRateSchedule(SpecModel):
    """How the length of a step changes; the schedules and their meaning are scikit-learn's."""

    schedule: Literal["constant", "optimal", "invscaling", "adaptive"] = "invscaling"
    """constant eta0; optimal 1/(alpha*(t0+t)); invscaling eta0/t^powerT; adaptive eta0, divided by 5 when the loss
    stops falling. Default: invscaling.
    """
    eta0: Positive = 0.01
    """The first step's length; not used by optimal. Default: 0.01."""
    power_t: NonNegative = 0.25
    """Exponent of invscaling. Default: 0.25."""


class Sgd(SpecModel):
    """Stochastic gradient descent on a linear model, in mini-batches; several classes are learned one against the
    rest.
    """

    loss: AnyLoss
    """What is minimised, z = x'w + b: mse (z - y)^2 / 2, huber, log_loss, hinge, squared_hinge, epsilon_insensitive
    or squared_epsilon_insensitive.
    """
    penalty: Literal["l2", "l1", "elasticnet", "none"] = "l2"
    """Which norm of the weights is held small. Default: l2."""
    alpha: NonNegative = 1e-4
    """Strength of the penalty. Default: 0.0001."""
    l1_ratio: Share = 0.15
    """Share of L1 in elasticnet. Default: 0.15."""
    epochs: Rounds = 5
    """Passes over the training rows. Default: 5."""
    batch_size: Annotated[int, Field(ge=1, le=10_000_000)] = 32
    """Rows in a step. Default: 32."""
    learning_rate: LearningRateSchedule = LearningRateSchedule()
    """Length of a step. Default: invscaling from eta0 0.01."""
    epsilon: NonNegative = 0.1
    """Width of huber and of the two that are epsilon-insensitive, in units of the label. Default: 0.1."""
    average: bool = False
    """Give the average of the weights over all steps (Polyak, Ruppert) rather than the last. Default: false."""
    class_weight: ClassWeight | None = None
    """How much the rows of a class count: balanced, as much as all rows over those of the class, or a map from the
    class to a number, 1 for those that are not in it. Default: all rows count the same.
    """

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="!has(self.l1Ratio) || (has(self.penalty) && self.penalty == 'elasticnet')",
            message="l1Ratio belongs to penalty: elasticnet; take it out or set that penalty",
            holds=lambda m: "l1_ratio" not in m.model_fields_set or m.penalty == "elasticnet",
            field="l1Ratio",
        ),
        Rule(
            cel=f"!has(self.epsilon) || self.loss in {list(WIDENED)}",
            message="epsilon belongs to loss: huber, epsilon_insensitive or squared_epsilon_insensitive; take it out "
            "or set one of them",
            holds=lambda m: "epsilon" not in m.model_fields_set or m.loss in WIDENED,
            field="epsilon",
        ),
        Rule(
            cel=None,  # a word or a map, which CEL cannot see
            message="classWeight belongs to losses of classes, log_loss, hinge and squared_hinge; take it out",
            holds=lambda m: m.class_weight is None or m.loss in CLASS_LOSSES,
            field="classWeight",
        ),
    )
