"""Support vector machines with a free intercept: libsvm's C-SVC and epsilon-SVR, scikit-learn's SVC and SVR.

    hinge                min over w, b:  w'w / 2 + C * sum_i c_i max(0, 1 - y_i (w'phi(x_i) + b))
    epsilon_insensitive                  w'w / 2 + C * sum_i c_i max(0, |y_i - w'phi(x_i) - b| - epsilon)

c_i is a row's weight. Several classes are learned one against one. The dual is solved by block SMO: a round gathers the
rows that violate the optimality conditions most, every worker solves the same small problem on them, and each corrects
the errors of its own rows by one product with the kernel.
Source: Joachims, Making large-scale SVM learning practical, 1999; Chang and Lin, LIBSVM, ACM TIST 2, 2011.
"""

from typing import Any

from lsml_trainer.algorithms.base import Algorithm, Shape
from lsml_trainer.algorithms.svm import algorithm
from lsml_trainer.algorithms.svm.linear_newton import LinearNewton, applies
from lsml_trainer.algorithms.svm.prediction import predictor
from lsml_trainer.spec.svm import Svm

__all__ = ["create", "predictor"]


def create(config: Svm, shape: Shape, seed: int) -> Algorithm[Any]:
    """Newton's method in the primal for a linear kernel and many rows, else block SMO."""
    return LinearNewton(config, shape) if applies(config, shape) else algorithm.create(config, shape, seed)
