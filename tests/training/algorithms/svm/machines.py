"""Support vector machines to compare: ours, and libsvm's through scikit-learn."""

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from lsml_trainer.algorithms.base import MemoryShard, Predictor, Shape
from lsml_trainer.algorithms.svm import predictor
from lsml_trainer.algorithms.svm.algorithm import BlockSmo
from lsml_trainer.algorithms.svm.block import Limits
from lsml_trainer.algorithms.svm.state import State
from lsml_trainer.elastic.team import Arrays, Solo
from lsml_trainer.spec.svm import Svm

Array = NDArray[Any]
Rows = tuple[Array, ...]

SMALL = Limits(whole=40, first=16, working=32, moves=200, draft=60, spots=16)
"""Block SMO with drafts, many rounds and many working sets, on a hundred rows."""


class Trained:
    """A finished search and what it gave."""

    def __init__(self, rows: Rows, shards: int = 1, limits: Limits | None = None, **config: Any) -> None:
        self.config = Svm(**config)
        self.algorithm = machine(rows, limits, **config)
        self.shards, self.team = even(rows, shards), Solo()
        state = self.algorithm.start(self.shards, self.team)
        while not self.algorithm.is_done(state):
            state = self.algorithm.step(state, self.shards, self.team)
        self.state: State = state
        self.metrics = self.algorithm.metrics(state)

    @property
    def weights(self) -> Arrays:
        return self.algorithm.weights(self.state, self.shards, self.team)

    @property
    def predictor(self) -> Predictor:
        return predictor(self.config, self.weights)


def machine(rows: Rows, limits: Limits | None = None, **config: Any) -> BlockSmo:
    """The algorithm, with limits of its own or small ones."""
    x_ND, y_N = rows[:2]
    classes = int(y_N.max()) + 1 if y_N.dtype == np.int64 else 0
    return BlockSmo(Svm(**config), Shape(*x_ND.shape, classes), limits or Limits())


def even(rows: Rows, count: int) -> tuple[MemoryShard, ...]:
    """The rows, with weights where there are some, in shards of about the same size."""
    parts = zip(*(np.array_split(array, count) for array in rows), strict=True)
    return tuple(MemoryShard(index, np.ascontiguousarray(x), *rest) for index, (x, *rest) in enumerate(parts))


def libsvm(rows: Rows, **config: Any) -> SVC:
    """scikit-learn's, with our names."""
    tolerance = config.pop("tolerance", 1e-3)
    return SVC(**config, tol=tolerance).fit(*rows)


def libsvm_dual(rows: Rows, **config: Any) -> float:
    """The dual at libsvm's optimum, summed over the pairs; gamma is that of all rows."""
    x_ND, y_N = rows
    config["gamma"] = libsvm(rows, **config)._gamma
    pairs = [np.isin(y_N, pair) for pair in combinations(np.unique(y_N), 2)]
    return sum(_dual(libsvm((x_ND[chosen], y_N[chosen]), **config)) for chosen in pairs)


def _dual(fitted: SVC) -> float:
    beta, x_SD, gamma = fitted.dual_coef_[0], fitted.support_vectors_, fitted._gamma
    product = x_SD @ x_SD.T
    norms = product.diagonal()
    kernel = {
        "linear": lambda: product,
        "poly": lambda: (gamma * product + fitted.coef0) ** fitted.degree,
        "rbf": lambda: np.exp(-gamma * np.maximum(0, norms[:, None] + norms - 2 * product)),
    }[fitted.kernel]()
    return float(np.abs(beta).sum() - 0.5 * beta @ kernel @ beta)


def builtin(name: str, standard: bool = True) -> Rows:
    """The first 300 rows of one of scikit-learn's sets; of digits, five classes."""
    options = {"n_class": 5} if name == "digits" else {}
    x_ND, y_N = (array[:300] for array in getattr(datasets, f"load_{name}")(return_X_y=True, **options))
    return (StandardScaler().fit_transform(x_ND) if standard else x_ND), y_N.astype(np.int64)


def overlapping(rows: int = 150, features: int = 4, classes: int = 2, seed: int = 0) -> Rows:
    """Clouds that no kernel separates, in a shuffled order."""
    random = np.random.default_rng(seed)
    y_N = random.permutation(np.arange(rows) % classes).astype(np.int64)
    return random.normal(size=(rows, features)) + 0.8 * random.normal(size=(classes, features))[y_N], y_N
