"""Our kernel machine made of centres against scikit-learn's Nystroem with two solvers: arrays to a fitted machine.

The set is that of svm.py, in float32; all draw as many centres, minimise the squared hinge, and are compared on
20,000 rows that none saw. Theirs hold all rows times all centres in memory, ours a block of them. LinearSVC solves the
primal, its faster way where there are more rows than centres; SGDClassifier has the same objective and ten epochs.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from bench.harness import Options, Row, compare, run
from bench.svm import Case, Data, a_problem
from lsml_trainer.algorithms import svm
from lsml_trainer.algorithms.base import MemoryShard, Shape
from lsml_trainer.elastic.team import Solo
from lsml_trainer.spec.svm import Svm

CENTRES = 500
GAMMA = 0.02
COST = 4.0
HELD_OUT = 20_000


def ours(learned: Data, held: Data) -> float:
    """The accuracy on the rows held out."""
    x, y = learned
    asked = {"loss": "squared_hinge", "C": COST, "gamma": GAMMA, "approximation": {"nystrom": {"centres": CENTRES}}}
    config = Svm.model_validate(asked)
    algorithm = svm.create(config, Shape(*x.shape, 2), 0)
    shards, team = (MemoryShard(0, x, y),), Solo()
    state = algorithm.start(shards, team)
    while not algorithm.is_done(state):
        state = algorithm.step(state, shards, team)
    fitted = svm.predictor(config, algorithm.weights(state, shards, team))
    return float((fitted.predict(held[0]) == held[1]).mean())


def theirs(solver: Any, learned: Data, held: Data) -> float:
    """The accuracy on the rows held out."""
    centres = Nystroem(gamma=GAMMA, n_components=CENTRES, random_state=0)
    fitted = make_pipeline(centres, solver).fit(*learned)
    return float(fitted.score(*held))


def solvers(rows: int) -> list[Any]:
    """Of theirs; the one's alpha is the other's C."""
    descent = SGDClassifier(
        loss="squared_hinge", alpha=1.0 / (COST * rows), average=True, max_iter=10, tol=None, random_state=0
    )
    return [LinearSVC(C=COST, dual=False), descent]


def as_accurate(mine: float, others: float) -> tuple[bool, str]:
    """Other centres are drawn: equal to a hundredth."""
    return mine >= others - 0.01, f"accuracy {mine:.4f}, {others:.4f}"


def main(options: Options) -> Iterator[Row]:
    """A row a number of rows."""
    for rows in (options.rows(50_000), options.rows(200_000)):
        x, y = a_problem(Case(rows + HELD_OUT, 54))
        learned = np.ascontiguousarray(x[:rows], np.float32), y[:rows]
        held = x[rows:].astype(np.float32), y[rows:]
        work = {"ours": partial(ours, learned, held)} | {
            f"Nystroem, {type(solver).__name__}": partial(theirs, solver, learned, held) for solver in solvers(rows)
        }
        name = f"{rows} x 54, rbf, {CENTRES} centres"
        yield from compare(name, work, options, quality=as_accurate)


if __name__ == "__main__":
    run(__file__, main)
