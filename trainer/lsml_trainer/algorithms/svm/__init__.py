"""Support vector machines with a free intercept: libsvm's C-SVC and epsilon-SVR, scikit-learn's SVC and SVR.

    hinge                min over w, b:  w'w / 2 + C * sum_i c_i max(0, 1 - y_i (w'phi(x_i) + b))
    epsilon_insensitive                  w'w / 2 + C * sum_i c_i max(0, |y_i - w'phi(x_i) - b| - epsilon)
    squared_...                          the same with the square of the maximum, as liblinear's LinearSVC and LinearSVR

c_i is a row's weight. Several classes are learned one against one. Two ways lead to the optimum:
- block SMO on the dual (`algorithm.py`): a round gathers the rows that violate the optimality conditions most, every
  worker solves the same small problem on them, and each corrects the errors of its own rows;
- Newton's method in the primal (`primal.py`): for many rows where few numbers make a row, which are its features, or
  its kernel with the centres of `approximation`; of CSR rows, however many, without a matrix (`sparse_primal.py`), and
  of more centres than a matrix can be made for, too (`many_centres.py`). `chances.py` has it give probabilities.
Source: Joachims, Making large-scale SVM learning practical, 1999; Chang and Lin, LIBSVM, ACM TIST 2, 2011.
"""

from typing import Any

from lsml_trainer.algorithms.base import Algorithm, Shape
from lsml_trainer.algorithms.svm import algorithm
from lsml_trainer.algorithms.svm.chances import WithChances
from lsml_trainer.algorithms.svm.many_centres import ManyCentres
from lsml_trainer.algorithms.svm.prediction import predictor
from lsml_trainer.algorithms.svm.primal import Primal
from lsml_trainer.algorithms.svm.sparse_primal import SparsePrimal
from lsml_trainer.spec.base import InvalidSpec
from lsml_trainer.spec.svm import Approximation, Nystrom, Svm

__all__ = ["create", "predictor"]

MANY_ROWS = 20_000  # from which a linear machine goes by the primal: below, block SMO is as fast
MOST_FEATURES = 4096  # of the primal: the matrix of second derivatives takes 128 MiB then
MOST_CENTRES = 4096  # of whose second derivatives the matrix is made: of each two of them 64 bytes on two cores
MOST_EXACT_ROWS = 1_000_000  # of the dual, which reads 3 to 5 times rows^2 of the kernel: of 54 features an hour or two
USUAL_CENTRES = 1000  # of more rows than that, where nothing else is asked for


def create(config: Svm, shape: Shape, seed: int) -> Algorithm[Any]:
    """The algorithm; raises InvalidSpec where none can do it."""
    squared = config.loss.startswith("squared")
    if config.approximation is None and config.kernel != "linear" and shape.rows > MOST_EXACT_ROWS:
        config = _approximated(config, shape)
    if config.approximation is not None:
        many = config.approximation.chosen.centres > MOST_CENTRES
        return _in_the_primal(ManyCentres(config, shape, seed) if many else Primal(config, shape, seed))
    if shape.sparse and config.kernel == "linear":
        return _in_the_primal(SparsePrimal(config, shape, seed))
    few_features = shape.features <= MOST_FEATURES
    if squared and not few_features:
        raise InvalidSpec(
            f"spec.algorithm.svm.loss {config.loss} takes the inverse of a matrix of all {shape.features} features, "
            f"more than {MOST_FEATURES}; use {config.loss.removeprefix('squared_')}, or gradientDescent with this loss"
        )
    linear = config.kernel == "linear" and few_features
    if squared or (linear and shape.rows >= MANY_ROWS):
        return _in_the_primal(Primal(config, shape, seed))
    if shape.rows > MOST_EXACT_ROWS:
        raise InvalidSpec(
            f"spec.algorithm.svm.kernel linear takes at most {MOST_EXACT_ROWS:,} training rows of more than "
            f"{MOST_FEATURES} features, and there are {shape.rows:,}; take sgd with the same loss"
        )
    return algorithm.create(config, shape, seed)


def _in_the_primal(machine: Primal) -> Algorithm[Any]:
    return WithChances(machine) if machine.config.probability else machine


def _approximated(config: Svm, shape: Shape) -> Svm:
    """Of rows that are too many for the exact kernel; model.json says that its kernel is made of centres."""
    if "cache_size" in config.model_fields_set:
        raise InvalidSpec(
            f"spec.algorithm.svm.cacheSize belongs to the exact kernel, which takes at most {MOST_EXACT_ROWS:,} "
            f"training rows, and there are {shape.rows:,}; take it out, or train on fewer rows"
        )
    return config.model_copy(update={"approximation": Approximation(nystrom=Nystrom(centres=USUAL_CENTRES))})
