"""A Learner for any torch.nn.Module. Knows nothing of shards, teams or epochs.

Random numbers are torch's, from a generator that is seeded anew for each piece by (seed, step, shard, piece). Buffers
(running statistics) begin each piece as the last step left them; the step's are the mean over its rows. So both are the
same whoever holds the shards; of merged ones (`merged.py`) the first one's seed counts, and a batch norm sees them all.
Shapes: N rows of one piece of a step, D features, K outputs, P trained weights.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lsml_trainer.algorithms.base import Labels
from lsml_trainer.algorithms.batches import Purpose, random
from lsml_trainer.algorithms.deep.learner import Floats, Piece
from lsml_trainer.algorithms.deep.modules.device import FIRST_SCALE, autocast, chosen_device, compiled, grown, shrunk
from lsml_trainer.algorithms.deep.modules.flat import FlatModule, moved
from lsml_trainer.algorithms.deep.modules.losses import loss_of
from lsml_trainer.algorithms.deep.modules.named_optimizer import restored
from lsml_trainer.algorithms.deep.modules.optimizers import Memory, rule_of
from lsml_trainer.algorithms.deep.modules.perceptron import perceptron
from lsml_trainer.algorithms.deep.modules.users import blamed, built
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.spec.deep_learning import DeepLearning

USERS = "module."
"""Begins the names of the weights of a user's module, beside which the shape is kept."""


OPTIMIZERS = "optimizer."
"""Begins the names of what the optimizer remembers."""


_GENERATOR = Lock()
"""torch has one generator for the whole process: nobody else seeds it while a piece draws from it."""


class Variables(NamedTuple):
    """Never written to."""

    weights_P: Tensor
    held: Mapping[str, Tensor]
    """Buffers and frozen parameters."""
    memory: Memory
    """What the optimizer remembers."""
    scale: float
    """What the loss is multiplied by before float16 sees it."""
    good_steps: int
    """Since the scale changed."""


class ModuleLearner:
    """A Learner."""

    def __init__(self, config: DeepLearning, features: int, outputs: int, seed: int) -> None:
        """Raises InvalidSpec and UserCodeFailed."""
        network, self._seed, self._shape = config.network, seed, (features, outputs)
        self._users = network.module
        self._device = chosen_device()
        self._autocast = autocast(config.precision, self._device)
        mlp = network.mlp
        module = built(network, features, outputs, seed) if mlp is None else perceptron(mlp, features, outputs, seed)
        self._flat = FlatModule(module, self._device)
        self._forward = compiled(module, self._device) if config.compile else module
        self._loss, self._labels = loss_of(config)
        self._rule = rule_of(config.optimizer, self._flat)
        self._first_scale = FIRST_SCALE if config.precision == "float16" else 1.0

    def start(self, agree: Callable[[Arrays], Arrays]) -> Variables:
        """The module's first variables; those of one worker, should the user's code not give all the same.

        Also of a second start, as long as no step was made: from then on the module has the variables of the steps.
        """
        assert self._flat.is_as_built, "a learner starts before its first step"
        variables = Variables(self._flat.weights_P.clone(), self._flat.held(), {}, self._first_scale, 0)
        if self._users is not None:
            variables = self.load(agree(self.dump(variables)))
        return variables._replace(memory=self._rule.first(variables.weights_P))

    def parts(self, variables: Variables, pieces: Iterable[Piece]) -> Iterator[tuple[Piece, Arrays]]:
        """One after the other: loss, gradient, and the rows' share of the changes of the buffers."""
        return ((piece, self._part(variables, piece)) for piece in pieces)

    def _part(self, variables: Variables, piece: Piece) -> Arrays:
        self._flat.load(variables.weights_P, variables.held)
        self._flat.gradient_P.zero_()
        with _GENERATOR:
            _seeded(self._seed, piece, self._device)
            loss = self._loss_of(piece)
        (loss * variables.scale if variables.scale != 1.0 else loss).backward()  # type: ignore[no-untyped-call]  # torch's
        gradient_P = _exported(self._flat.gradient_P)
        changes = self._flat.changed(variables.held)
        return {
            "loss": np.array([loss.item()]),
            "gradient": gradient_P if variables.scale == 1.0 else gradient_P / variables.scale,
            **{f"buffer.{name}": _exported(change) * piece.rows_share for name, change in changes.items()},
        }

    def _loss_of(self, piece: Piece) -> Tensor:
        # Copies by torch, whose memory is aligned alike everywhere, on which the last bits of a product may depend.
        x_ND = torch.from_numpy(piece.x_ND).to(self._device, torch.float32, copy=True)
        y_N = torch.from_numpy(piece.y_N).to(self._device, self._labels)
        self._flat.module.train()
        with blamed(self._users or "mlp"), self._autocast():
            z_NK = self._forward(x_ND)
        losses_N = self._loss(z_NK.float(), y_N)
        if isinstance(piece.share_N, float):
            return losses_N.sum() * piece.share_N
        return losses_N @ torch.from_numpy(piece.share_N).to(self._device, torch.float32)

    def losses(self, variables: Variables, x_ND: Floats, y_N: Labels) -> NDArray[np.float64]:
        """As Learner."""
        self._flat.load(variables.weights_P, variables.held)
        rows = torch.from_numpy(x_ND).to(self._device, torch.float32, copy=True)
        labels = torch.from_numpy(y_N).to(self._device, self._labels)
        self._flat.module.eval()
        with torch.no_grad(), blamed(self._users or "mlp"), self._autocast():
            z_NK = self._forward(rows)
        return _exported(self._loss(z_NK.float(), labels))

    def no_rows(self, variables: Variables) -> Arrays:
        """Zeros."""
        changes = self._flat.buffers
        return {
            "loss": np.zeros(1),
            "gradient": np.zeros(len(variables.weights_P)),
            **{f"buffer.{name}": np.zeros(tuple(buffer.shape)) for name, buffer in changes.items()},
        }

    def next(self, variables: Variables, total: Arrays, gradient_P: Floats, step: int, factor: float) -> Variables:
        """One update of the optimizer, and of the buffers."""
        flat_P = torch.from_numpy(gradient_P).to(self._device, torch.float32)
        with torch.no_grad():
            weights_P, memory = self._rule.update(variables.weights_P, variables.memory, flat_P, step, factor)
            changes = {name: torch.from_numpy(np.asarray(total[f"buffer.{name}"])) for name in self._flat.buffers}
            held = moved(variables.held, {name: change.to(self._device) for name, change in changes.items()})
        scale, good_steps = grown(variables.scale, variables.good_steps) if self._first_scale != 1.0 else (1.0, 0)
        return Variables(weights_P, held, memory, scale, good_steps)

    def overflowed(self, variables: Variables) -> Variables | None:
        """Without this step, with a smaller scale; nothing in full precision."""
        scale = shrunk(variables.scale) if self._first_scale != 1.0 else None
        return None if scale is None else variables._replace(scale=scale, good_steps=0)

    def squared_norm(self, variables: Variables) -> float:
        """Infinite where float32 overflows."""
        return float(variables.weights_P.dot(variables.weights_P))

    def dump(self, variables: Variables) -> Arrays:
        """`weights`, `held.NAME`, `optimizer.NAME`, `scale`."""
        return {
            "weights": _exported(variables.weights_P),
            "scale": np.array([variables.scale, float(variables.good_steps)]),
            **{f"held.{name}": _exported(tensor) for name, tensor in variables.held.items()},
            **{f"{OPTIMIZERS}{name}": _exported(tensor) for name, tensor in variables.memory.items()},
        }

    def load(self, arrays: Arrays) -> Variables:
        """What `dump` gave."""
        held = {
            name: torch.tensor(arrays[f"held.{name}"]).reshape(tensor.shape).to(self._device, tensor.dtype)
            for name, tensor in self._flat.held().items()
        }
        remembered = [name.removeprefix(OPTIMIZERS) for name in arrays if name.startswith(OPTIMIZERS)]
        memory = {name: self._remembered(name, arrays[f"{OPTIMIZERS}{name}"]) for name in remembered}
        weights_P = torch.tensor(arrays["weights"], dtype=torch.float32, device=self._device)
        return Variables(weights_P, held, memory, float(arrays["scale"][0]), int(arrays["scale"][1]))

    def _remembered(self, key: str, array: NDArray[np.float64]) -> Tensor:
        if "." in key:
            return restored(key, array, self._device)
        return torch.tensor(array, dtype=torch.float32, device=self._device)

    def weights(self, variables: Variables) -> Arrays:
        """By the names of `state_dict`; for a user's module after `module.`, and `shape`: features and outputs."""
        trained = dict(zip(self._flat.shapes, self._flat.views(variables.weights_P), strict=True))
        named = {name: _exported(tensor) for name, tensor in {**trained, **variables.held}.items()}
        if self._users is None:
            return named
        return {"shape": np.array(self._shape, np.float64), **{f"{USERS}{name}": a for name, a in named.items()}}


def _seeded(seed: int, piece: Piece, device: torch.device) -> None:
    key = int(random(seed, Purpose.DROPOUT, piece.step, piece.places[0][0], piece.piece).integers(2**63))
    torch.default_generator.manual_seed(key)
    if device.type == "cuda":
        torch.cuda.manual_seed(key)


def _exported(tensor: Tensor) -> NDArray[Any]:
    array: NDArray[Any] = tensor.detach().to("cpu", torch.float64).numpy()
    return array
