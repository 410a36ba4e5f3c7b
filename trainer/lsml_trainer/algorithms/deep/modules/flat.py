"""A module whose trained parameters are views of one vector, so that a step handles one tensor, however many they are.

Shapes: P trained weights of all parameters together.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class FlatModule:
    """A module on a device, and its variables: what is trained, and what is held beside it."""

    def __init__(self, module: nn.Module, device: torch.device) -> None:
        self.module = module.to(device)
        trained = {name: p for name, p in module.named_parameters() if p.requires_grad}
        self.shapes = {name: p.shape for name, p in trained.items()}
        self.weights_P = torch.cat([p.detach().reshape(-1) for p in trained.values()])
        self.gradient_P = torch.zeros_like(self.weights_P)
        for parameter, weight, gradient in zip(
            trained.values(), self.views(self.weights_P), self.views(self.gradient_P), strict=True
        ):
            parameter.data, parameter.grad = weight, gradient
        saved = module.state_dict(keep_vars=True)
        self.buffers = {name: b for name, b in module.named_buffers() if name in saved}
        self._frozen = {name: p for name, p in module.named_parameters() if not p.requires_grad}
        self._loaded: Tensor | None = None

    def views(self, vector_P: Tensor) -> list[Tensor]:
        """The vector's pieces in the shapes of the parameters."""
        pieces = vector_P.split_with_sizes([shape.numel() for shape in self.shapes.values()])
        return [piece.view(shape) for piece, shape in zip(pieces, self.shapes.values(), strict=True)]

    def held(self) -> dict[str, Tensor]:
        """Copies of the buffers and of the frozen parameters, by name."""
        return {name: tensor.detach().clone() for name, tensor in (self.buffers | self._frozen).items()}

    @property
    def is_as_built(self) -> bool:
        """Whether the module still has its first variables."""
        return self._loaded is None

    def load(self, weights_P: Tensor, held: Mapping[str, Tensor]) -> None:
        """The module has these variables now; cheap where they are those of the last call."""
        with torch.no_grad():
            for name, buffer in self.buffers.items():
                buffer.copy_(held[name])
            if self._loaded is not weights_P:
                self.weights_P.copy_(weights_P)
                for name, parameter in self._frozen.items():
                    parameter.copy_(held[name])
                self._loaded = weights_P

    def changed(self, held: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """By how much each buffer differs from these."""
        return {name: b.detach().double() - held[name].double() for name, b in self.buffers.items()}


def moved(held: Mapping[str, Tensor], changes: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What is held after the changes; whole numbers and booleans stay such."""
    return {name: _moved(tensor, changes[name]) if name in changes else tensor for name, tensor in held.items()}


def _moved(tensor: Tensor, change: Tensor) -> Tensor:
    new = tensor.double() + change
    return (new if tensor.is_floating_point() else new.round()).to(tensor.dtype)
