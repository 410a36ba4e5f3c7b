"""Our C-SVC against scikit-learn's (libsvm) and, where it is installed, Intel's (oneDAL): arrays to a finished search.

The sets are scikit-learn's make_classification, standardised; both have the same tolerance, and the duals show that
the same optimum was found.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from unittest.mock import patch

import numpy as np
from sklearn.datasets import make_classification
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from bench.harness import Options, Row, compare, run
from lsml_trainer.algorithms import svm
from lsml_trainer.algorithms.base import MemoryShard, Shape
from lsml_trainer.algorithms.svm import optimality
from lsml_trainer.algorithms.svm.state import Certificate
from lsml_trainer.elastic.team import Solo
from lsml_trainer.kernels import Linear, Poly, Rbf, between
from lsml_trainer.spec.svm import Svm


@dataclass(frozen=True)
class Case:
    """What is learned."""

    rows: int
    features: int = 30
    kernel: str = "rbf"
    cost: float = 1.0
    gamma: float | str = "scale"
    classes: int = 2
    goal: Mapping[str, float] = field(default_factory=dict)


GOAL = {"SVC": 0.05, "intelex": 0.5}
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
    Case(20_000, 54, cost=4.0, gamma=0.1, goal=GOAL),
    Case(20_000, 54, cost=4.0, goal=GOAL),
    Case(50_000, 54, cost=4.0, gamma=0.1, goal={"intelex": 0.5}),  # the other would take a quarter of an hour
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


def rivals() -> dict[str, Callable[..., SVC]]:
    """What is installed."""
    if find_spec("sklearnex") is None:
        return {"SVC": SVC}
    return {"SVC": SVC, "intelex": import_module("sklearnex.svm").SVC}


def theirs(rival: Callable[..., SVC], case: Case, data: Data) -> SVC:
    """The fitted SVC."""
    return rival(kernel=case.kernel, C=case.cost, gamma=case.gamma).fit(*data)


def dual_of(fitted: SVC) -> float:
    """Not a number where there are several pairs, whose coefficients share a table."""
    if len(fitted.classes_) > 2:
        return np.nan
    rows = fitted.support_vectors_
    gamma = 1.0 / rows.shape[1] if fitted.gamma == "scale" else fitted.gamma  # the rows are standardised
    kernel = {"linear": Linear(), "poly": Poly(gamma, fitted.degree, fitted.coef0), "rbf": Rbf(gamma)}[fitted.kernel]
    beta = fitted.dual_coef_[0]
    return float(np.abs(beta).sum() - 0.5 * beta @ between(kernel, rows, rows) @ beta)


def same_dual(our_dual: float, fitted: SVC) -> tuple[bool, str]:
    """Both have found the maximum, where theirs is known."""
    their_dual = dual_of(fitted)
    return not our_dual < their_dual - 1e-3 * abs(their_dual), f"dual {our_dual:.6g}, {their_dual:.6g}"


def certificate_share(case: Case, data: Data) -> float:
    """Time of a search over its time without that of its certificate, processor seconds of the thread that finds it."""
    certificate, spent = optimality._certificate, 0.0

    def timed(*arguments: Any) -> Certificate:
        nonlocal spent
        begun = time.perf_counter()
        found = certificate(*arguments)
        spent += time.perf_counter() - begun
        return found

    with patch.object(optimality, "_certificate", timed):
        begun = time.perf_counter()
        ours(case, data)
        whole = time.perf_counter() - begun
    return whole / (whole - spent)


def certificate_row(options: Options) -> Iterator[Row]:
    """The median over the rounds."""
    name, case = "certificate", Case(options.rows(20_000), 54, cost=4.0, gamma=0.1)
    if options.wants(name):
        data = a_problem(case)
        ratio = statistics.median(certificate_share(case, data) for _ in range(options.rounds + 1))
        yield Row(case=name, ours="", rival="the search without it", ratio=f"{ratio:.4g}", goal="1.01")


def main(options: Options) -> Iterator[Row]:
    """A row a problem."""
    for case in (replace(case, rows=options.rows(case.rows)) for case in TABLE):
        width = "" if case.gamma == "scale" else f", gamma {case.gamma}"
        name = f"{case.rows} x {case.features}, {case.classes} classes, {case.kernel}, C {case.cost:g}{width}"
        if not options.wants(name):
            continue
        data = a_problem(case)
        work = {"ours": partial(ours, case, data)} | {
            rival: partial(theirs, make, case, data)
            for rival, make in rivals().items()
            if not case.goal or rival in case.goal
        }
        yield from compare(name, work, options, goal=case.goal, quality=same_dual)
    yield from certificate_row(options)


if __name__ == "__main__":
    run(__file__, main)
