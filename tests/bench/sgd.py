"""Linear SGD, 5 epochs over 1,000,000 x 54 float32 rows, against SGDClassifier on the same rows.

Both shuffle and minimise the hinge loss with an L2 penalty: theirs as it is by default, ours in batches, whose steps
are fewer and longer (invscaling). The held-out loss must be no higher than theirs by more than a hundredth.
`--scale 0.2` tries it out in seconds.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.linear_model import SGDClassifier

from bench.harness import Options, Row, compare, run
from lsml_trainer.algorithms import create
from lsml_trainer.algorithms.base import MemoryShard, Shape
from lsml_trainer.elastic.team import Solo
from lsml_trainer.spec import TrainingSpec, parse

EPOCHS = 5
ALPHA = 1e-4
HELD_OUT = 0.1


def ours(batch: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Weights and intercept at the end."""
    schedule = {"schedule": "invscaling", "eta0": 1.0, "powerT": 0.5}
    config = {"loss": "hinge", "alpha": ALPHA, "epochs": EPOCHS, "batchSize": batch, "learningRate": schedule}
    spec = parse(TrainingSpec, {"algorithm": {"sgd": config}, "data": {"train": {"uri": "builtin://iris"}}})
    built, shards, team = create(spec, Shape(*x.shape, 2)), (MemoryShard(0, x, y),), Solo()
    state = built.start(shards, team)
    while not built.is_done(state):
        state = built.step(state, shards, team)
    found = built.weights(state, shards, team)
    return np.append(found["coef"], found["intercept"])


def theirs(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Weights and intercept at the end."""
    fitted = SGDClassifier(alpha=ALPHA, max_iter=EPOCHS, tol=None, random_state=0).fit(x, y)
    return np.append(fitted.coef_, fitted.intercept_)


def main(options: Options) -> Iterator[Row]:
    """A row a size of the batches."""
    random = np.random.default_rng(0)
    rows = options.rows(1_000_000)
    x = random.standard_normal((rows + int(rows * HELD_OUT), 54), dtype=np.float32)
    y = (x @ random.standard_normal(54) + 2.0 * random.standard_normal(len(x)) > 0).astype(np.int64)
    x_train, y_train, x_held, sign_held = x[:rows], y[:rows], x[rows:], np.where(y[rows:] == 1, 1.0, -1.0)

    def held_out_loss(weights: np.ndarray) -> float:
        return float(np.maximum(0.0, 1.0 - sign_held * (x_held @ weights[:-1] + weights[-1])).mean())

    def as_good(mine: Any, other: Any) -> tuple[bool, str]:
        one, two = held_out_loss(mine), held_out_loss(other)
        return one <= 1.01 * two, f"held-out loss {one:.4f}, {two:.4f}"

    for batch in (32, 256):
        work: dict[str, Any] = {
            "ours": lambda batch=batch: ours(batch, x_train, y_train),
            "SGDClassifier": lambda: theirs(x_train, y_train),
        }
        yield from compare(f"{EPOCHS} epochs, batches of {batch}", work, options, goal=0.5, quality=as_good)


if __name__ == "__main__":
    run(__file__, main)
