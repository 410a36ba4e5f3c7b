"""Our C-SVC against scikit-learn's (libsvm), each from arrays to a finished search: `python tests/bench/svm.py`.

The sets are scikit-learn's make_classification, standardised. Both are run in turns on the same rows and with the same
tolerance. Printed are the medians of the seconds, and of the processor's seconds (of all cores: what is left of the
comparison on a machine that does other things), and both duals, so that one sees that the same optimum was found.
`python tests/bench/svm.py 5 10000` runs five turns of the rows of that size only.
"""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.datasets import make_classification
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from lsml_trainer.algorithms import svm
from lsml_trainer.algorithms.base import MemoryShard, Shape
from lsml_trainer.elastic.team import Solo
from lsml_trainer.kernels import Linear, Poly, Rbf, between
from lsml_trainer.spec.svm import Svm

TURNS = 3


@dataclass(frozen=True)
class Case:
    """What is learned."""

    rows: int
    features: int = 30
    kernel: str = "rbf"
    cost: float = 1.0
    gamma: float | str = "scale"
    classes: int = 2


TABLE = (
    Case(2_000),
    Case(2_000, cost=10.0),
    Case(5_000),
    Case(5_000, cost=10.0),
    Case(10_000),
    Case(10_000, cost=10.0),
    Case(10_000, classes=5),
    Case(5_000, kernel="poly"),
    Case(5_000, 20, kernel="linear"),
    Case(20_000, 54, cost=4.0, gamma=0.1),
)

Data = tuple[np.ndarray, np.ndarray]


def a_problem(case: Case) -> Data:
    """Overlapping clusters, a twentieth of the labels wrong."""
    x, y = make_classification(
        case.rows,
        case.features,
        n_informative=case.features // 3,
        n_redundant=case.features // 5,
        n_classes=case.classes,
        n_clusters_per_class=8 if case.classes == 2 else 3,
        flip_y=0.05,
        random_state=0,
    )
    return StandardScaler().fit_transform(x), y.astype(np.int64)


def ours(case: Case, data: Data) -> float:
    """The dual at the end."""
    x, y = data
    own_width = {} if case.kernel == "linear" else {"gamma": case.gamma}
    config = Svm(kernel=case.kernel, C=case.cost, **own_width)
    algorithm = svm.create(config, Shape(*x.shape, case.classes), 0)
    shards, team = (MemoryShard(0, x, y),), Solo()
    state = algorithm.start(shards, team)
    while not algorithm.is_done(state):
        state = algorithm.step(state, shards, team)
    algorithm.weights(state, shards, team)
    return algorithm.metrics(state)["dual"]


def theirs(case: Case, data: Data) -> SVC:
    """The fitted SVC."""
    return SVC(kernel=case.kernel, C=case.cost, gamma=case.gamma).fit(*data)


def dual_of(fitted: SVC) -> float:
    """Not a number where there are several pairs, whose coefficients share a table."""
    if len(fitted.classes_) > 2:
        return np.nan
    gamma, rows = fitted._gamma, fitted.support_vectors_
    kernel = {"linear": Linear(), "poly": Poly(gamma, fitted.degree, fitted.coef0), "rbf": Rbf(gamma)}[fitted.kernel]
    beta = fitted.dual_coef_[0]
    return float(np.abs(beta).sum() - 0.5 * beta @ between(kernel, rows, rows) @ beta)


class Times:
    """Seconds of several turns."""

    def __init__(self) -> None:
        self._wall: list[float] = []
        self._processor: list[float] = []

    def of(self, work: Callable[[], object]) -> object:
        """The result of the work; what it took is added."""
        wall, processor = time.perf_counter(), time.process_time()
        result = work()
        self._wall.append(time.perf_counter() - wall)
        self._processor.append(time.process_time() - processor)
        return result

    def medians(self) -> tuple[float, float]:
        """On the clock on the wall, and of the processor."""
        return statistics.median(self._wall), statistics.median(self._processor)


def compare(case: Case, turns: int) -> str:
    """A line of the table."""
    data = a_problem(case)
    own, other = Times(), Times()
    for _ in range(turns):
        dual = own.of(lambda: ours(case, data))
        fitted = other.of(lambda: theirs(case, data))
    (a, b), (c, d) = own.medians(), other.medians()
    name = f"{case.rows} x {case.features}, {case.classes} classes"
    kernel = f"{case.kernel}, C {case.cost:g}" + ("" if case.gamma == "scale" else f", gamma {case.gamma}")
    times = f"{a:8.2f} {c:8.2f} {a / c:7.2f} {b:9.2f} {d:8.2f} {b / d:7.2f}"
    return f"{name:26} {kernel:20} {times} {dual:14.4f} {dual_of(fitted):14.4f}"


def main(turns: int, rows: int | None) -> None:
    """The table."""
    times = ("ours, s", "SVC, s", "ratio", "ours, cpu", "SVC, cpu", "ratio")
    headings = ("rows x features", "kernel", *times, "our dual", "SVC's dual")
    print("{:26} {:20} {:>8} {:>8} {:>7} {:>9} {:>8} {:>7} {:>14} {:>14}".format(*headings))
    for case in TABLE:
        if rows in (None, case.rows):
            print(compare(case, turns), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TURNS, int(sys.argv[2]) if len(sys.argv) > 2 else None)
