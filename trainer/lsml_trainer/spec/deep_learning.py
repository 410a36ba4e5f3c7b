"""algorithm.deepLearning: how a network is trained, by PyTorch's names."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lsml_trainer.spec.base import Choice, Rule, SpecModel
from lsml_trainer.spec.class_weight import ClassWeight, class_weight_belongs_to
from lsml_trainer.spec.network import Mlp, Network
from lsml_trainer.spec.numbers import NonNegative, Positive, Rounds
from lsml_trainer.spec.optimizer import AdamOptimizer, AdamwOptimizer, Optimizer, SgdOptimizer, TorchOptimizer

__all__ = [
    "AdamOptimizer",
    "AdamwOptimizer",
    "DeepLearning",
    "EarlyStopping",
    "Mlp",
    "Network",
    "OneCycleSchedule",
    "Optimizer",
    "Schedule",
    "SgdOptimizer",
    "TorchOptimizer",
]

Gamma = Annotated[float, Field(gt=0, le=1)]
EndFactor = Annotated[float, Field(ge=0, le=1)]


class StepSchedule(SpecModel):
    """torch.optim.lr_scheduler.StepLR: multiply the learning rate every few epochs."""

    step_size: Rounds
    """Every how many epochs."""
    gamma: Gamma = 0.1
    """What it is multiplied by. Default: 0.1."""


class ExponentialSchedule(SpecModel):
    """torch.optim.lr_scheduler.ExponentialLR: multiply the learning rate every epoch."""

    gamma: Gamma
    """What it is multiplied by."""


class LinearSchedule(SpecModel):
    """torch.optim.lr_scheduler.LinearLR over all steps: fall on a line."""

    end_factor: EndFactor = 0.0
    """Share of the learning rate that is left at the end. Default: 0."""


class CosineSchedule(SpecModel):
    """torch.optim.lr_scheduler.CosineAnnealingLR over all steps: fall on half a cosine."""

    end_factor: EndFactor = 0.0
    """Share of the learning rate that is left at the end. Default: 0."""


class OneCycleSchedule(SpecModel):
    """torch.optim.lr_scheduler.OneCycleLR over all steps, without its cycle of the momentum: up on half a cosine to
    the optimizer's learning rate, then down on another.
    """

    pct_start: Annotated[float, Field(gt=0, lt=1)] = 0.3
    """Share of the steps on the way up. Default: 0.3."""
    div_factor: Annotated[float, Field(ge=1, le=1e12)] = 25.0
    """The first rate is the optimizer's divided by this. Default: 25."""
    final_div_factor: Annotated[float, Field(ge=1, le=1e12)] = 1e4
    """The last rate is the first divided by this. Default: 10000."""


class Schedule(Choice):
    """How the learning rate changes over the training; it begins from the optimizer's."""

    step: StepSchedule | None = None
    """Multiply it every few epochs."""
    exponential: ExponentialSchedule | None = None
    """Multiply it every epoch."""
    linear: LinearSchedule | None = None
    """Fall on a line."""
    cosine: CosineSchedule | None = None
    """Fall on half a cosine."""
    one_cycle: OneCycleSchedule | None = None
    """Rise, then fall."""


class EarlyStopping(SpecModel):
    """End the training when the loss on some training rows, which are kept back for this, stops falling."""

    validation_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Share of the training rows that is kept back; which rows is a function of the seed. Default: 0.1."""
    patience: Rounds = 3
    """After how many epochs in a row without a better loss it ends. Default: 3."""
    min_delta: NonNegative = 0.0
    """A loss is better where it is lower than the best by more than this. Default: 0."""
    restore_best_weights: bool = True
    """The model has the weights of the epoch with the lowest loss, not those of the last one. Default: true."""


class DeepLearning(SpecModel):
    """A neural network."""

    network: Network
    """What is trained."""
    loss: Literal["cross_entropy", "bce_with_logits", "mse", "huber"] = "cross_entropy"
    """Averaged over the rows of a step: cross_entropy learns classes, one output each; bce_with_logits two classes
    with one output; mse (z - y)^2 and huber learn a number. Default: cross_entropy.
    """
    label_smoothing: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of each label that cross_entropy spreads evenly over all classes. Default: 0."""
    delta: Positive = 1.0
    """Up to which error huber is quadratic, in units of the label. Default: 1."""
    optimizer: Optimizer
    """How the weights follow the gradient."""
    schedule: Schedule | None = None
    """How the learning rate changes over the training. Default: it does not."""
    warmup_steps: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0
    """The learning rate rises on a line over so many steps; then the schedule begins. Default: 0."""
    max_grad_norm: Positive | None = None
    """A gradient whose norm is larger is shortened to it, as by torch.nn.utils.clip_grad_norm_. Default: no limit."""
    epochs: Rounds = 10
    """Passes over the training rows. Default: 10."""
    batch_size: Annotated[int, Field(ge=1, le=10_000_000)] = 128
    """Rows in a step, over all workers. Default: 128."""
    accumulation_steps: Annotated[int, Field(ge=1, le=10_000)] = 1
    """In how many pieces a shard's rows of a step go through the network, their gradients summed: less memory, the same
    step. Default: 1.
    """
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    """In what the network computes; weights and sums are float32 always. float16 needs a GPU, and its loss is scaled as
    by torch.amp.GradScaler. Default: float32.
    """
    compile: bool = False
    """Compile the network with torch.compile, which needs a C++ compiler in the worker's image. Default: false."""

    class_weight: ClassWeight | None = None
    """How much the rows of a class count: balanced, as much as all rows over those of the class, or a map from the
    class to a number, 1 for those that are not in it. Default: all rows count the same.
    """
    early_stopping: EarlyStopping | None = None
    """End before all epochs are done, when more of them bring nothing. Default: do all epochs."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        class_weight_belongs_to(
            "losses of classes, cross_entropy and bce_with_logits; take it out", lambda m: m.learns_classes
        ),
        Rule(
            cel="!has(self.labelSmoothing) || !has(self.loss) || self.loss == 'cross_entropy'",
            message="labelSmoothing belongs to loss: cross_entropy; take it out or set that loss",
            holds=lambda m: "label_smoothing" not in m.model_fields_set or m.loss == "cross_entropy",
            field="labelSmoothing",
        ),
        Rule(
            cel="!has(self.delta) || (has(self.loss) && self.loss == 'huber')",
            message="delta belongs to loss: huber; take it out or set that loss",
            holds=lambda m: "delta" not in m.model_fields_set or m.loss == "huber",
            field="delta",
        ),
        Rule(
            cel="!has(self.warmupSteps) || !has(self.schedule) || !has(self.schedule.oneCycle)",
            message="schedule.oneCycle has its own warm-up, pctStart; take warmupSteps out",
            holds=lambda m: (
                "warmup_steps" not in m.model_fields_set or m.schedule is None or m.schedule.one_cycle is None
            ),
            field="warmupSteps",
        ),
    )

    @property
    def learns_classes(self) -> bool:
        """Whether the label is a class, not a number."""
        return self.loss in ("cross_entropy", "bce_with_logits")
