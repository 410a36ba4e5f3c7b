"""Full-batch gradient descent on a generalised linear model, and Newton's method on the same objective.

    F(W) = sum_i c_i loss(W [x_i, 1], y_i) / sum_i c_i + alpha ((1 - r) / 2 |V|^2 + r |V|_1)

c: weights of the rows; V: W without intercepts; r: 0 for l2, 1 for l1, l1Ratio for elasticnet.

A squared error of up to 4,096 features needs the rows once: its iterations go by sums of products (`gram.py`). Others
read all rows an iteration: `descent.py` steps along the gradient, `newton.py` along the gradient times the inverse
second derivatives.
"""

from lsml_trainer.algorithms.base import Algorithm, Shape
from lsml_trainer.algorithms.gradient_descent.descent import MOST_GRAM_FEATURES, Descent, GramDescent
from lsml_trainer.algorithms.gradient_descent.newton import NewtonDescent
from lsml_trainer.algorithms.gradient_descent.state import State
from lsml_trainer.algorithms.linear import (
    LinearPredictor,
    LogisticPredictor,
    Multinomial,
    Objective,
    Separate,
    outputs_of,
)
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.losses import LOSSES, loss_named
from lsml_trainer.spec import GradientDescent

__all__ = ["create", "predictor"]


def create(config: GradientDescent, shape: Shape, seed: int) -> Algorithm[State]:
    """The algorithm; it draws nothing at random, so the seed is not used."""
    del seed
    objective = _objective(config, shape)
    if config.method == "newton":
        return NewtonDescent(config, shape, objective)
    few_features = shape.features <= MOST_GRAM_FEATURES
    if config.loss == "mse" and few_features:
        return GramDescent(config, shape, objective)
    return Descent(config, shape, objective)


def _objective(config: GradientDescent, shape: Shape) -> Objective:
    outputs = outputs_of(shape) if LOSSES[config.loss].learns_classes else 1
    if config.loss == "log_loss" and outputs > 1:
        return Multinomial(outputs)
    return Separate(loss_named(config.loss, config.epsilon), outputs)


def predictor(config: GradientDescent, weights: Arrays) -> LinearPredictor:
    """The predictor from coef and intercept."""
    if config.loss == "log_loss":
        return LogisticPredictor(weights["coef"], weights["intercept"], learns_classes=True, multinomial=True)
    return LinearPredictor(weights["coef"], weights["intercept"], LOSSES[config.loss].learns_classes)
