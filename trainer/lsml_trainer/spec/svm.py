"""algorithm.svm: its hyperparameters, by scikit-learn's names."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lsml_trainer.spec.base import Rule, SpecModel
from lsml_trainer.spec.class_weight import ClassWeight
from lsml_trainer.spec.numbers import NonNegative, Positive, Rounds


class Svm(SpecModel):
    """Support vector machines: libsvm's, scikit-learn's SVC and SVR; more than two classes one against one."""

    loss: Literal["hinge", "epsilon_insensitive"] = "hinge"
    """hinge: classes (SVC); epsilon_insensitive: a number (SVR). Default: hinge."""
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
    probability: bool = False
    """Learn probabilities too, from five more fits each without a fifth of the rows (Platt). Default: false."""
    epsilon: NonNegative = 0.1
    """Of epsilon_insensitive: a difference of so much from the label costs nothing. Default: 0.1."""
    class_weight: ClassWeight | None = None
    """How much the rows of a class count: balanced, as much as all rows over those of the class, or a map from the
    class to a number, 1 for those that are not in it. Default: all rows count the same.
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
            cel="!has(self.epsilon) || (has(self.loss) && self.loss == 'epsilon_insensitive')",
            message="epsilon belongs to loss: epsilon_insensitive; take it out or set that loss",
            holds=lambda m: "epsilon" not in m.model_fields_set or m.loss == "epsilon_insensitive",
            field="loss",
        ),
        Rule(
            cel="!has(self.probability) || !self.probability || !has(self.loss) || self.loss == 'hinge'",
            message="probability: true belongs to loss: hinge; a number has none, take it out",
            holds=lambda m: not m.probability or m.loss == "hinge",
            field="probability",
        ),
        Rule(
            cel=None,  # a word or a map, which CEL cannot see
            message="classWeight belongs to loss: hinge; a number has no class, take it out",
            holds=lambda m: m.class_weight is None or m.loss == "hinge",
            field="classWeight",
        ),
        Rule(
            cel=None,  # gamma is a number or a word, which CEL cannot see: the job fails with this sentence instead
            message="gamma belongs to kernel: poly or rbf; take it out or set one of them",
            holds=lambda m: "gamma" not in m.model_fields_set or m.kernel != "linear",
            field="kernel",
        ),
    )
