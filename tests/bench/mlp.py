"""A step of deepLearning's mlp against the loop that people write by hand, and against Lightning's Trainer.

Ours is the whole of `Algorithm.step` in a team of one. Theirs is torch.nn.Sequential, autograd and torch.optim as the
tutorials have them, on tensors that are already float32, with one randperm an epoch. Lightning trains for some epochs
at once, so that what its Trainer does before the first step weighs little; it reads from a DataLoader.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from bench.harness import Options, Row, compare, run
from lsml_trainer.algorithms import deep
from lsml_trainer.algorithms.base import MemoryShard, Shape
from lsml_trainer.elastic.team import Solo
from lsml_trainer.spec.base import parse
from lsml_trainer.spec.deep_learning import DeepLearning

DIGITS = (1797, 64, 10)
OPTIMIZERS = {
    "sgd": ({"learningRate": 0.05, "momentum": 0.9}, lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9)),
    "adam": ({"learningRate": 0.001}, lambda p: torch.optim.Adam(p, lr=0.001)),
    "adamw": ({"learningRate": 0.001}, lambda p: torch.optim.AdamW(p, lr=0.001)),
}


@dataclass(frozen=True)
class Case:
    """What is trained; `data` is (rows, features, classes)."""

    data: tuple[int, int, int] = DIGITS
    hidden: tuple[int, ...] = (64,)
    batch: int = 32
    optimizer: str = "adam"
    dropout: float = 0.0
    shards: int = 1


TABLE = {
    "digits [64] batch 32, sgd": Case(optimizer="sgd"),
    "digits [64] batch 32, adam": Case(),
    "digits [64] batch 32, adamw": Case(optimizer="adamw"),
    "digits [64] batch 32, dropout": Case(dropout=0.2),
    "digits [64] batch 32, 4 shards": Case(shards=4),
    "32-64-10 batch 64": Case((10_000, 32, 10), (64,), 64),
    "54-256-128-7 batch 512": Case((50_000, 54, 7), (256, 128), 512, "adamw"),
    "784-1024-1024-10 batch 512": Case((10_000, 784, 10), (1024, 1024), 512, "adamw"),
}
EPOCHS = 5
GOALS = {"32-64-10 batch 64": 0.3}

Data = tuple[np.ndarray, np.ndarray]
Step = Callable[[], object]


def a_problem(rows: int, features: int, classes: int) -> Data:
    """Digits where it fits, else random rows and labels."""
    if (rows, features, classes) == DIGITS:
        x, y = load_digits(return_X_y=True)
        return np.ascontiguousarray(x / 16), y.astype(np.int64)
    random = np.random.default_rng(0)
    return random.standard_normal((rows, features)), random.integers(0, classes, rows)


def a_config(case: Case) -> DeepLearning:
    """The case as a specification."""
    return parse(
        DeepLearning,
        {
            "network": {"mlp": {"hidden": list(case.hidden), "dropout": case.dropout}},
            "optimizer": {case.optimizer: OPTIMIZERS[case.optimizer][0]},
            "batchSize": case.batch,
        },
    )


def our_step(case: Case, x: np.ndarray, y: np.ndarray) -> Step:
    """The step that a worker does, alone."""
    algorithm = deep.create(a_config(case), Shape(*case.data), seed=0)
    pieces = zip(np.array_split(x, case.shards), np.array_split(y, case.shards), strict=True)
    shards = [MemoryShard(index, part_x, part_y) for index, (part_x, part_y) in enumerate(pieces)]
    team = Solo()
    state = algorithm.start(shards, team)

    def step() -> None:
        nonlocal state
        state = algorithm.step(state, shards, team)

    return step


def a_module(case: Case) -> nn.Module:
    """The network in torch.nn's words."""
    *hidden, (inputs, outputs) = pairwise((case.data[1], *case.hidden, case.data[2]))
    dropout = [nn.Dropout(case.dropout)] if case.dropout else []
    layers = [part for sizes in hidden for part in (nn.Linear(*sizes), nn.ReLU(), *dropout)]
    return nn.Sequential(*layers, nn.Linear(inputs, outputs))


def their_step(case: Case, x: np.ndarray, y: np.ndarray) -> Step:
    """The step of the tutorials."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    inputs, labels = torch.tensor(x, dtype=torch.float32, device=device), torch.tensor(y, device=device)
    model = a_module(case).to(device)
    optimizer = OPTIMIZERS[case.optimizer][1](model.parameters())
    criterion = nn.CrossEntropyLoss()

    def batches() -> Iterator[torch.Tensor]:
        while True:
            yield from torch.randperm(len(inputs), device=device).split(case.batch)

    stream = batches()

    def step() -> None:
        rows = next(stream)
        optimizer.zero_grad()
        loss = criterion(model(inputs[rows]), labels[rows])
        loss.backward()
        optimizer.step()
        loss.item()  # both know the loss of every step

    return step


def our_epochs(case: Case, x: np.ndarray, y: np.ndarray) -> Step:
    """EPOCHS epochs, and the loss over all rows after them."""
    config = a_config(case)

    def train() -> float:
        algorithm, team = deep.create(config, Shape(*case.data), seed=0), Solo()
        shards = [MemoryShard(0, x, y)]
        state = algorithm.start(shards, team)
        while algorithm.epoch(state) < EPOCHS:
            state = algorithm.step(state, shards, team)
        scores = deep.predictor(config, algorithm.weights(state, shards, team)).decision_function(x)
        return float(functional.cross_entropy(torch.tensor(scores), torch.tensor(y)))

    return train


def their_epochs(case: Case, x: np.ndarray, y: np.ndarray) -> Step:
    """The same with Lightning."""
    import lightning  # noqa: PLC0415  (slow to load, and only this row needs it)

    inputs, labels = torch.tensor(x, dtype=torch.float32), torch.tensor(y)

    class Classifier(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model = a_module(case)

        def training_step(self, batch: list[torch.Tensor], index: int) -> torch.Tensor:
            return functional.cross_entropy(self.model(batch[0]), batch[1])

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return OPTIMIZERS[case.optimizer][1](self.parameters())

    def train() -> float:
        quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
        trainer = lightning.Trainer(
            max_epochs=EPOCHS, accelerator="cpu", devices=1, enable_model_summary=False, **quiet
        )
        loader = DataLoader(TensorDataset(inputs, labels), batch_size=case.batch, shuffle=True)
        trainer.fit(classifier := Classifier(), loader)
        with torch.inference_mode():
            return float(functional.cross_entropy(classifier.model(inputs), labels))

    return train


def as_low(ours: float, theirs: float) -> tuple[bool, str]:
    """The loss after the epochs."""
    return ours <= theirs * 1.03, f"loss {ours:.4f}, {theirs:.4f}"


def main(options: Options) -> Iterator[Row]:
    """A row a network: seconds a step, and for Lightning seconds of some epochs."""
    lightning_case = f"32-64-10 batch 64, {EPOCHS} epochs"
    if options.wants(lightning_case):
        case = TABLE["32-64-10 batch 64"]
        x, y = a_problem(*case.data)
        epochs = {"ours": our_epochs(case, x, y), "Lightning": their_epochs(case, x, y)}
        yield from compare(lightning_case, epochs, options, goal=0.1, quality=as_low)
    for name, case in TABLE.items():
        x, y = a_problem(*case.data)
        steps = {"ours": our_step(case, x, y), "plain PyTorch": their_step(case, x, y)}
        yield from compare(name, steps, options, goal=GOALS.get(name))


if __name__ == "__main__":
    run(__file__, main)
