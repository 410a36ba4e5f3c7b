"""What can be learned, and with which hyperparameters: the four families. Names are scikit-learn's and PyTorch's."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lsml_trainer.spec.base import Choice, Rule, SpecModel

Positive = Annotated[float, Field(gt=0, le=1e12)]
NonNegative = Annotated[float, Field(ge=0, le=1e12)]
Share = Annotated[float, Field(ge=0, le=1)]
Rounds = Annotated[int, Field(ge=1, le=1_000_000_000)]

SmoothLoss = Literal["mse", "huber", "log_loss", "squared_hinge"]
AnyLoss = Literal["mse", "huber", "log_loss", "hinge", "squared_hinge", "epsilon_insensitive"]


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
    """What is minimised, z = x'w + b: mse (z - y)^2 / 2, huber, log_loss, hinge, squared_hinge or epsilon_insensitive.
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
    """Width of huber and epsilon_insensitive, in units of the label. Default: 0.1."""
    average: bool = False
    """Give the average of the weights over all steps (Polyak, Ruppert) rather than the last. Default: false."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="!has(self.l1Ratio) || (has(self.penalty) && self.penalty == 'elasticnet')",
            message="l1Ratio belongs to penalty: elasticnet; take it out or set that penalty",
            holds=lambda m: "l1_ratio" not in m.model_fields_set or m.penalty == "elasticnet",
            field="l1Ratio",
        ),
        Rule(
            cel="!has(self.epsilon) || self.loss in ['huber', 'epsilon_insensitive']",
            message="epsilon belongs to loss: huber or epsilon_insensitive; take it out or set one of them",
            holds=lambda m: "epsilon" not in m.model_fields_set or m.loss in ("huber", "epsilon_insensitive"),
            field="epsilon",
        ),
    )


class Svm(SpecModel):
    """Support vector classification (C-SVC, hinge loss, as libsvm and scikit-learn's SVC); more than two classes one
    against one.
    """

    kernel: Literal["linear", "poly", "rbf"] = "rbf"
    """linear x'z; poly (gamma*x'z + coef0)^degree; rbf exp(-gamma*|x-z|^2). Default: rbf."""
    C: Annotated[Positive, Field(alias="C")] = 1.0
    """Weight of the rows' losses against the margin. Default: 1."""
    gamma: Positive | Literal["scale", "auto"] = "scale"
    """Width of poly and rbf: a number, scale (1 / (features * variance)) or auto (1 / features). Default: scale."""
    degree: Annotated[int, Field(ge=1, le=20)] = 3
    """Degree of poly. Default: 3."""
    coef0: Annotated[float, Field(ge=-1e12, le=1e12)] = 0.0
    """Constant term of poly. Default: 0."""
    tolerance: Positive = 1e-3
    """Stop when the optimality conditions are violated by at most this much. Default: 0.001."""
    max_iterations: Rounds = 10_000_000
    """At most this many rounds for each pair of classes. Default: 10000000."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="(!has(self.degree) && !has(self.coef0)) || (has(self.kernel) && self.kernel == 'poly')",
            message="degree and coef0 belong to kernel: poly; take them out or set that kernel",
            holds=lambda m: not m.model_fields_set & {"degree", "coef0"} or m.kernel == "poly",
            field="kernel",
        ),
        Rule(
            cel=None,  # gamma is a number or a word, which CEL cannot see: the job fails with this sentence instead
            message="gamma belongs to kernel: poly or rbf; take it out or set one of them",
            holds=lambda m: "gamma" not in m.model_fields_set or m.kernel != "linear",
            field="kernel",
        ),
    )


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


class SgdOptimizer(SpecModel):
    """torch.optim.SGD."""

    learning_rate: Positive
    """Length of a step."""
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the last step that is added to the next. Default: 0."""
    nesterov: bool = False
    """Nesterov's momentum. Default: false."""
    weight_decay: NonNegative = 0.0
    """L2 penalty. Default: 0."""

    RULES: ClassVar[tuple[Rule, ...]] = GradientDescent.RULES


class AdamOptimizer(SpecModel):
    """torch.optim.Adam."""

    learning_rate: Positive = 1e-3
    """Length of a step. Default: 0.001."""
    betas: Annotated[tuple[Annotated[float, Field(ge=0, lt=1)], ...], Field(min_length=2, max_length=2)] = (0.9, 0.999)
    """Decay of the running means of the gradient and of its square. Default: [0.9, 0.999]."""
    eps: Positive = 1e-8
    """Added to the denominator. Default: 1e-8."""
    weight_decay: NonNegative = 0.0
    """L2 penalty. Default: 0."""


class AdamwOptimizer(AdamOptimizer):
    """torch.optim.AdamW: the weight decay is decoupled from the gradient."""

    weight_decay: NonNegative = 0.01
    """Decoupled weight decay. Default: 0.01."""


class Optimizer(Choice):
    """How the weights follow the gradient."""

    sgd: SgdOptimizer | None = None
    """Stochastic gradient descent with optional momentum."""
    adam: AdamOptimizer | None = None
    """Adam (Kingma and Ba, 2015)."""
    adamw: AdamwOptimizer | None = None
    """AdamW (Loshchilov and Hutter, 2019)."""


class DeepLearning(SpecModel):
    """A neural network trained with PyTorch."""

    network: Network
    """What is trained."""
    loss: Literal["cross_entropy", "mse"] = "cross_entropy"
    """cross_entropy learns classes, mse a number. Default: cross_entropy."""
    optimizer: Optimizer
    """How the weights follow the gradient."""
    epochs: Rounds = 10
    """Passes over the training rows. Default: 10."""
    batch_size: Annotated[int, Field(ge=1, le=10_000_000)] = 128
    """Rows in a step, over all workers. Default: 128."""


class Algorithm(Choice):
    """What is learned; exactly one family."""

    gradient_descent: GradientDescent | None = None
    """Full-batch gradient descent on a generalised linear model."""
    sgd: Sgd | None = None
    """Stochastic gradient descent on a linear model."""
    svm: Svm | None = None
    """Support vector machine with a linear, polynomial or RBF kernel."""
    deep_learning: DeepLearning | None = None
    """A neural network trained with PyTorch."""
