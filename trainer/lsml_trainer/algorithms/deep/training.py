"""Training a network: replicated weights, partitioned rows, a step. Knows nothing of workers, files or clusters.

A step is the gradient of the mean loss over exactly its rows, summed shard by shard over the team, and one update of
the optimizer. The matrix products of a shard have the same shapes, and operands of the same alignment, whoever holds it
(the last bits of a product depend on both), so the sum has the same bits for every distribution of the shards.
Shapes: N rows of one shard in one step, D features, H units of a hidden layer, K outputs, P weights.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lsml_trainer.algorithms.base import Diverged, Shape, Shard, Unsuitable
from lsml_trainer.algorithms.batches import Batches
from lsml_trainer.algorithms.deep.network import Network, choose_device
from lsml_trainer.algorithms.deep.optimizers import rule
from lsml_trainer.elastic.team import Arrays, Team
from lsml_trainer.spec.deep_learning import DeepLearning


@dataclass(frozen=True, eq=False)
class State:
    """Where the training stands. Its tensors are never written to."""

    step: int
    loss: float
    """Of the last step, before its update."""
    shard_rows: tuple[int, ...]
    """Rows of every shard of the job."""
    weights_P: Tensor
    memory: tuple[Tensor, ...]
    """What the optimizer remembers, (P,) each."""


def output_size(config: DeepLearning, shape: Shape) -> int:
    """Outputs of the network: one a class, or one. Raises Unsuitable if the loss and the label do not fit."""
    if config.loss == "mse":
        if shape.classes:
            raise Unsuitable(
                "deepLearning.loss mse learns a number, but the label has classes; set loss: cross_entropy"
            )
        return 1
    if shape.classes < 2:
        label = "has one class only" if shape.classes else "is a number; set loss: mse"
        raise Unsuitable(f"deepLearning.loss cross_entropy needs two classes or more, but the label {label}")
    return shape.classes


class DeepLearningAlgorithm:
    """An Algorithm; what it keeps beside its arguments are the current epoch's shuffles, which it can make again."""

    def __init__(self, config: DeepLearning, network: Network, shape: Shape, seed: int) -> None:
        self._config, self._network, self._rows, self._seed = config, network, shape.rows, seed
        self._rule = rule(config.optimizer)
        self._device = choose_device()
        self._labels = torch.float32 if config.loss == "mse" else torch.int64
        self._batches = Batches(seed, config.batch_size, shape.rows)
        self._steps = config.epochs * self._batches.epoch_steps

    def start(self, shards: Sequence[Shard], team: Team) -> State:
        """The first weights, a function of the seed; every worker learns how long the shards are."""
        sizes = team.gather([{"rows": np.array([float(shard.rows)])} for shard in shards])
        shard_rows = tuple(int(size["rows"][0]) for size in sizes)
        assert sum(shard_rows) == self._rows, f"shards {shard_rows} hold {self._rows} rows"
        weights_P = self._network.first_weights(self._seed).to(self._device)
        return State(0, math.nan, shard_rows, weights_P, tuple(torch.zeros_like(weights_P) for _ in self._rule.memory))

    def step(self, state: State, shards: Sequence[Shard], team: Team) -> State:
        """The next state. Raises Diverged."""
        with torch.inference_mode():
            return self._next(state, team.total([self._part(state, shard) for shard in shards]))

    def _part(self, state: State, shard: Shard) -> Arrays:
        """One shard's share of the mean loss of the step and of its gradient."""
        assert shard.rows == state.shard_rows[shard.index], f"shard {shard.index} has changed its rows"
        rows_N = self._batches.of_shard(state.step, shard.index, state.shard_rows)
        if not len(rows_N):
            return {"loss": np.zeros(1), "gradient": np.zeros(len(state.weights_P))}
        # A copy by torch, whose memory is aligned alike everywhere; that of numpy is not.
        rows = shard.take(rows_N)
        x_ND = torch.from_numpy(rows.x_ND).to(self._device, torch.float32, copy=True)
        y_N = torch.from_numpy(rows.y_N).to(self._device, self._labels)
        masks_NH = self._network.masks(self._seed, state.step, shard.index, len(rows_N))
        masks_NH = [mask_NH.to(self._device) for mask_NH in masks_NH]
        step_rows = self._batches.rows(state.step)
        loss, gradient_P = self._network.gradient(state.weights_P, x_ND, y_N, step_rows, masks_NH)
        return {"loss": np.array([loss.item()]), "gradient": _exported(gradient_P)}

    def _next(self, state: State, total: Arrays) -> State:
        loss = float(total["loss"][0])
        gradient_P = torch.tensor(total["gradient"], dtype=torch.float32, device=self._device)
        self._check("loss", loss, state.step)
        self._check("squared norm of the gradient", gradient_P.dot(gradient_P).item(), state.step)
        weights_P, memory = state.weights_P.clone(), tuple(vector_P.clone() for vector_P in state.memory)
        self._rule.update(weights_P, memory, gradient_P, state.step)
        self._check("squared norm of the weights", weights_P.dot(weights_P).item(), state.step)
        return State(state.step + 1, loss, state.shard_rows, weights_P, memory)

    def _check(self, what: str, value: float, step: int) -> None:
        """Raises Diverged unless the value is finite; squares in float32 also end where Adam's would overflow."""
        if not math.isfinite(value):
            optimizer = self._config.optimizer
            rate = f"deepLearning.optimizer.{optimizer.kind}.learningRate (now {optimizer.chosen.learning_rate:g})"
            raise Diverged(f"the {what} is {value} at step {step + 1}; lower {rate}, or standardize the data")

    def is_done(self, state: State) -> bool:
        """Whether every epoch is done."""
        return state.step >= self._steps

    def steps(self, state: State) -> tuple[int, int | None]:
        """Steps done, and steps to do in all."""
        return state.step, self._steps

    def epoch(self, state: State) -> int | None:
        """Passes over the rows that are done."""
        return state.step // self._batches.epoch_steps

    def rows_per_step(self) -> float:
        """Mean over the steps of an epoch."""
        return self._rows / self._batches.epoch_steps

    def metrics(self, state: State) -> Mapping[str, float]:
        """The loss of the last step; nothing before the first."""
        return {"loss": state.loss} if state.step else {}

    def dump(self, state: State) -> Arrays:
        """The state as named arrays; float32 goes through float64 unchanged."""
        memory = zip(self._rule.memory, state.memory, strict=True)
        return {
            "step": np.array([float(state.step)]),
            "loss": np.array([state.loss]),
            "shard_rows": np.array(state.shard_rows, np.float64),
            "weights": _exported(state.weights_P),
            **{f"optimizer.{name}": _exported(vector_P) for name, vector_P in memory},
        }

    def load(self, arrays: Arrays) -> State:
        """The state that `dump` gave."""
        return State(
            int(arrays["step"][0]),
            float(arrays["loss"][0]),
            tuple(int(rows) for rows in arrays["shard_rows"]),
            self._imported(arrays["weights"]),
            tuple(self._imported(arrays[f"optimizer.{name}"]) for name in self._rule.memory),
        )

    def _imported(self, array_P: NDArray[np.float64]) -> Tensor:
        return torch.tensor(array_P, dtype=torch.float32, device=self._device)

    def weights(self, state: State, shards: Sequence[Shard], team: Team) -> Arrays:
        """`layers.0.weight` (O, I), `layers.0.bias` (O,), and so on, as torch.nn.Linear names and shapes them."""
        tensors = [tensor for layer in self._network.layers(state.weights_P) for tensor in layer]
        return {name: _exported(tensor) for name, tensor in zip(self._network.sizes, tensors, strict=True)}


def _exported(tensor: Tensor) -> NDArray[np.float64]:
    array: NDArray[np.float64] = tensor.double().cpu().numpy()
    return array
