"""algorithm.sgd: its hyperparameters, by scikit-learn's names."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lsml_trainer.spec.base import Rule, SpecModel
from lsml_trainer.spec.class_weight import CLASS_LOSSES, ClassWeight, class_weight_belongs_to
from lsml_trainer.spec.l1_ratio import L1_RATIO_NEEDS_ELASTICNET
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
    power_t: Annotated[float, Field(ge=0, le=10)] = 0.25
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

    early_stopping: bool = False
    """Keep validationFraction of the training rows from the steps, and stop when the score on them (accuracy, or r2)
    has not risen by tolerance in nIterNoChange epochs in a row. Default: false.
    """
    validation_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Share of the training rows that earlyStopping judges by. Default: 0.1."""
    n_iter_no_change: Annotated[int, Field(ge=1, le=1_000_000)] = 5
    """Epochs without progress after which it stops, or adaptive divides its rate. Default: 5."""
    tolerance: NonNegative | None = None
    """What is progress: the score rises, or without earlyStopping the loss falls, by so much. If it is set, training
    stops without progress; adaptive stops when its rate is below 0.000001. Default: 0.001 for earlyStopping and
    adaptive, otherwise all epochs are done.
    """

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="!has(self.validationFraction) || (has(self.earlyStopping) && self.earlyStopping)",
            message="validationFraction belongs to earlyStopping: true; take it out or set that",
            holds=lambda m: "validation_fraction" not in m.model_fields_set or m.early_stopping,
            field="validationFraction",
        ),
        Rule(
            cel="!has(self.nIterNoChange) || (has(self.earlyStopping) && self.earlyStopping) || has(self.tolerance)"
            " || (has(self.learningRate) && has(self.learningRate.schedule)"
            " && self.learningRate.schedule == 'adaptive')",
            message="nIterNoChange belongs to earlyStopping: true, a tolerance or the schedule adaptive; take it out "
            "or set one of them",
            holds=lambda m: "n_iter_no_change" not in m.model_fields_set or m.watches,
            field="nIterNoChange",
        ),
        L1_RATIO_NEEDS_ELASTICNET,
        Rule(
            cel=f"!has(self.epsilon) || self.loss in {list(WIDENED)}",
            message="epsilon belongs to loss: huber, epsilon_insensitive or squared_epsilon_insensitive; take it out "
            "or set one of them",
            holds=lambda m: "epsilon" not in m.model_fields_set or m.loss in WIDENED,
            field="epsilon",
        ),
        class_weight_belongs_to(
            "losses of classes, log_loss, hinge and squared_hinge; take it out", lambda m: m.loss in CLASS_LOSSES
        ),
    )

    @property
    def watches(self) -> bool:
        """Whether anything depends on progress."""
        return self.early_stopping or self.tolerance is not None or self.learning_rate.schedule == "adaptive"
