"""A step of a user's torch.nn.Module against the plain loop over the same module.

Ours is the whole of `Algorithm.step` in a team of one, with its copy of the state that a step can be undone to. Theirs
is zero_grad, forward, backward, step on tensors that are already float32; both draw their rows anew each epoch.

Processor time beside the wall's tells whether another library's threads spin on torch's cores: numpy's did, at the norm
of a gradient of more than 10,000 numbers, and a step took twice its time.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from bench.harness import Options, Row, compare, run
from lsml_trainer.algorithms import deep
from lsml_trainer.algorithms.base import MemoryShard, Shape
from lsml_trainer.elastic.team import Solo
from lsml_trainer.spec.base import parse
from lsml_trainer.spec.deep_learning import DeepLearning

SIDE, CLASSES, BATCH, ROWS = 28, 10, 64, 4096


def build(features: int, outputs: int) -> nn.Module:
    """The convolutions that everybody begins with, for 28 by 28 images."""
    return nn.Sequential(
        nn.Unflatten(1, (1, SIDE, SIDE)),
        *(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2)),
        nn.Flatten(),
        nn.Dropout(0.25),
        nn.Linear(32 * (SIDE // 4) ** 2, outputs),
    )


def our_step(x: np.ndarray, y: np.ndarray) -> Callable[[], float]:
    """The step that a worker does, alone."""
    document = {"network": {"module": "bench.module:build"}, "optimizer": {"adam": {}}, "batchSize": BATCH}
    algorithm = deep.create(parse(DeepLearning, document), Shape(len(x), SIDE**2, CLASSES), seed=0)
    shards, team = [MemoryShard(0, x, y)], Solo()
    state = algorithm.start(shards, team)

    def step() -> float:
        nonlocal state
        state = algorithm.step(state, shards, team)
        return float(state.loss)

    return step


def their_step(x: np.ndarray, y: np.ndarray) -> Callable[[], float]:
    """The step of the tutorials."""
    inputs, labels = torch.tensor(x), torch.tensor(y)
    model = build(SIDE**2, CLASSES)
    optimizer = torch.optim.Adam(model.parameters())

    def batches() -> Iterator[torch.Tensor]:
        while True:
            yield from torch.randperm(len(inputs)).split(BATCH)

    stream = batches()

    def step() -> float:
        rows = next(stream)
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(inputs[rows]), labels[rows])
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def main(options: Options) -> Iterator[Row]:
    """Seconds a step."""
    random, rows = np.random.default_rng(0), options.rows(ROWS)
    y = random.integers(0, CLASSES, rows)
    x = random.standard_normal((rows, SIDE**2)).astype(np.float32)
    steps = {"ours": our_step(x, y), "the plain loop": their_step(x, y)}
    yield from compare(f"a convolutional network, batch {BATCH}", steps, options, goal=1.03)


if __name__ == "__main__":
    run(__file__, main)
