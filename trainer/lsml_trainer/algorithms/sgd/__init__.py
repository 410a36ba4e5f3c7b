"""Stochastic gradient descent on a linear model, in mini-batches. Knows its mathematics and a team; nothing of workers.

A step, with the mean gradient g of the loss over exactly the step's rows (`batches.py`) and the rate of `schedules.py`:

    w <- L1(decay * w - rate * g) ; b <- b - rate * g_b ; average <- average + (w - average) / t

A row's weight is taken relative to the mean weight of all training rows, so that a step stays as long as it was and
alpha means what it means to gradient descent. The other meanings are scikit-learn's, where a step is one row: with
batchSize 1 and the same order of rows the weights are those of SGDClassifier and SGDRegressor (but for an average with
L1, whose truncations theirs leaves out).
Source: Bottou, Large-scale machine learning with stochastic gradient descent, 2010; `penalties.py`.
Shapes: N rows of one shard in one step, D features, E = D + 1 with the intercept, K outputs, as in `linear.py`.
"""

from lsml_trainer.algorithms.base import Shape
from lsml_trainer.algorithms.linear import LinearPredictor, LogisticPredictor, Separate, outputs_of
from lsml_trainer.algorithms.sgd.descent import StochasticDescent
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.losses import LOSSES, loss_named
from lsml_trainer.spec import InvalidSpec, Sgd

__all__ = ["create", "predictor"]

COMPILED_STEPS, COMPILED_VALUES = 20_000, 1 << 26
"""From so many steps, or numbers that all steps read together, compiling their loop takes less time than they do: a few
seconds, where no machine code was kept.
"""


def create(config: Sgd, shape: Shape, seed: int) -> StochasticDescent:
    """The algorithm; raises InvalidSpec where two options do not fit."""
    if config.learning_rate.schedule == "optimal" and config.alpha == 0.0:
        raise InvalidSpec("spec.algorithm.sgd.alpha is 0: the schedule optimal is 1 / (alpha * t); set alpha above 0")
    if config.loss == "huber" and config.epsilon == 0.0:
        raise InvalidSpec("spec.algorithm.sgd.epsilon is 0: huber would see no error at all; set epsilon above 0")
    loss = loss_named(config.loss, config.epsilon)
    objective = Separate(loss, outputs_of(shape))
    if shape.sparse or not _is_long(config, shape):
        return StochasticDescent(config, shape, objective, seed)
    from lsml_trainer.algorithms.sgd.compiled_descent import CompiledDescent  # noqa: PLC0415  (imports numba)

    return CompiledDescent(config, shape, objective, seed)


def _is_long(config: Sgd, shape: Shape) -> bool:
    steps, values = -(-shape.rows // config.batch_size), shape.rows * shape.features
    return config.epochs * steps >= COMPILED_STEPS or config.epochs * values >= COMPILED_VALUES


def predictor(config: Sgd, weights: Arrays) -> LinearPredictor:
    """The predictor from coef and intercept."""
    if config.loss == "log_loss":
        return LogisticPredictor(weights["coef"], weights["intercept"], learns_classes=True)
    return LinearPredictor(weights["coef"], weights["intercept"], LOSSES[config.loss].learns_classes)
