"""algorithm.svm: its hyperparameters, by scikit-learn's names."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lsml_trainer.spec.base import Choice, Rule, SpecModel
from lsml_trainer.spec.class_weight import CLASS_LOSSES, ClassWeight, class_weight_belongs_to
from lsml_trainer.spec.numbers import NonNegative, Positive, Rounds


class Nystrom(SpecModel):
    """Of all functions that the kernel can make, those alone that are sums of its values at some rows, the centres."""

    centres: Annotated[int, Field(ge=1, le=16384)]
    """How many training rows are drawn to be centres: more make a better model, in more time and memory (for each two
    of them about 64 bytes, of more than 4096 about 24). Up to 4096 by Newton's method, and model.json says how much
    they miss of the kernel of the held-out rows; more by Newton's method with FALKON's preconditioned conjugate
    gradients, which makes no matrix of the rows.
    """
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] | None = None
    """Which ones. Default: the job's seed."""


class Approximation(Choice):
    """What stands for the kernel; exactly one way."""

    nystrom: Nystrom | None = None
    """A sample of the rows."""


class Svm(SpecModel):
    """Support vector machines: libsvm's, scikit-learn's SVC and SVR; more than two classes one against one."""

    loss: Literal["hinge", "squared_hinge", "epsilon_insensitive", "squared_epsilon_insensitive"] = "hinge"
    """Of classes hinge (SVC) or squared_hinge (LinearSVC), of a number epsilon_insensitive (SVR) or
    squared_epsilon_insensitive; the squared ones are for kernel: linear and for an approximation. Default: hinge.
    """
    kernel: Literal["linear", "poly", "rbf"] = "rbf"
    """linear x'z; poly (gamma*x'z + coef0)^degree; rbf exp(-gamma*|x-z|^2). Default: rbf."""
    approximation: Approximation | None = None
    """What stands for the kernel: to save time, or for more rows than it can take exactly. Default: none for up to
    1,000,000 training rows, and nystrom with 1000 centres for more.
    """
    C: Annotated[Positive, Field(alias="C")] = 1.0
    """Weight of the rows' losses against the margin. Default: 1."""
    gamma: Positive | Literal["scale", "auto"] = "scale"
    """Width of poly and rbf: a number, scale (1 / (features * variance)) or auto (1 / features). Default: scale."""
    degree: Annotated[int, Field(ge=1, le=20)] = 3
    """Degree of poly. Default: 3."""
    coef0: Annotated[float, Field(ge=-1e12, le=1e12)] = 0.0
    """Constant term of poly. Default: 0."""
    probability: bool = False
    """Learn probabilities too, from five more fits each without a fifth of the rows (Platt). Default: false."""
    epsilon: NonNegative = 0.1
    """Of the epsilon-insensitive losses: a difference of so much from the label costs nothing. Default: 0.1."""
    class_weight: ClassWeight | None = None
    """How much the rows of a class count: balanced, as much as all rows over those of the class, or a map from the
    class to a number, 1 for those that are not in it. Default: all rows count the same.
    """
    cache_size: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}(Mi|Gi)$")] = "256Mi"
    """At most so much memory for the kernel between the rows that are worked on at once, such as 1Gi: more rows at once
    need fewer rounds. It holds no other part of the kernel, which is computed when it is needed. Default: 256Mi.
    """
    tolerance: Positive = 1e-3
    """Stop when the optimality conditions are violated by at most this much, and the duality gap is at most this share
    of the objective. Default: 0.001.
    """
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
            cel="!has(self.epsilon) || (has(self.loss) && self.loss.endsWith('epsilon_insensitive'))",
            message="epsilon belongs to the epsilon_insensitive losses; take it out or set loss to one of them",
            holds=lambda m: "epsilon" not in m.model_fields_set or m.loss not in CLASS_LOSSES,
            field="loss",
        ),
        Rule(
            cel="!has(self.probability) || !self.probability || !has(self.loss) || "
            "!self.loss.endsWith('epsilon_insensitive')",
            message="probability: true belongs to loss: hinge or squared_hinge; a number has no class, take it out",
            holds=lambda m: not m.probability or m.loss in CLASS_LOSSES,
            field="probability",
        ),
        Rule(
            cel="!has(self.approximation) || !has(self.kernel) || self.kernel != 'linear'",
            message="approximation belongs to kernel: poly or rbf; a linear one takes any number of rows, take it out",
            holds=lambda m: m.approximation is None or m.kernel != "linear",
            field="approximation",
        ),
        Rule(
            cel="!has(self.loss) || !self.loss.startsWith('squared') || has(self.approximation) || "
            "(has(self.kernel) && self.kernel == 'linear')",
            message="the squared losses belong to kernel: linear, or to an approximation; set one of them, or take the "
            "loss without squared_",
            holds=lambda m: not m.loss.startswith("squared") or m.kernel == "linear" or m.approximation is not None,
            field="loss",
        ),
        Rule(
            cel="!has(self.cacheSize) || !has(self.approximation)",
            message="cacheSize belongs to the exact kernel; take it out, or take approximation out",
            holds=lambda m: "cache_size" not in m.model_fields_set or m.approximation is None,
            field="cacheSize",
        ),
        Rule(
            cel="!has(self.cacheSize) || !has(self.loss) || !self.loss.startsWith('squared')",
            message="cacheSize belongs to the losses without squared_, whose kernel is worked on; take it out",
            holds=lambda m: "cache_size" not in m.model_fields_set or not m.loss.startswith("squared"),
            field="cacheSize",
        ),
        class_weight_belongs_to(
            "loss: hinge or squared_hinge; a number has no class, take it out", lambda m: m.loss in CLASS_LOSSES
        ),
        Rule(
            cel=None,  # gamma is a number or a word, which CEL cannot see: the job fails with this sentence instead
            message="gamma belongs to kernel: poly or rbf; take it out or set one of them",
            holds=lambda m: "gamma" not in m.model_fields_set or m.kernel != "linear",
            field="kernel",
        ),
    )
