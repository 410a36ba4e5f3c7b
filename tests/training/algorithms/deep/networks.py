"""Modules that users might bring, for the tests."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import torch
from torch import Tensor, nn

CALLS: Iterator[int] = count()


class Network(nn.Module):
    """Two layers; at wish normalised over the batch, with dropout and a frozen parameter."""

    def __init__(self, features: int, outputs: int, width: int, norm: bool, dropout: float) -> None:
        super().__init__()
        self.first = nn.Linear(features, width, bias=not norm)  # a bias before a norm has no gradient but noise
        self.norm = nn.BatchNorm1d(width) if norm else nn.Identity()
        self.dropout = nn.Dropout(dropout)
        self.last = nn.Linear(width, outputs)
        self.frozen = nn.Parameter(torch.ones(width), requires_grad=False)
        self.register_buffer("scratch", torch.zeros(3), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        hidden = torch.tanh(self.norm(self.first(x))) * self.frozen
        return self.last(self.dropout(hidden))  # type: ignore[no-any-return]  # a module's call is Any


def build(features: int, outputs: int, width: int = 6, norm: bool = False, dropout: float = 0.0) -> nn.Module:
    return Network(features, outputs, width, norm, dropout)


def lazy(features: int, outputs: int) -> nn.Module:
    return nn.Sequential(nn.LazyLinear(4), nn.ReLU(), nn.LazyLinear(outputs))


def different_each_time(features: int, outputs: int) -> nn.Module:
    network = nn.Linear(features, outputs)
    with torch.no_grad():
        network.bias.fill_(float(next(CALLS)))
    return network


def too_wide(features: int, outputs: int) -> nn.Module:
    return nn.Linear(features, outputs + 1)


def no_module(features: int, outputs: int) -> Any:
    return {"features": features}


def nothing_to_train(features: int, outputs: int) -> nn.Module:
    return nn.Linear(features, outputs).requires_grad_(False)


def in_half(features: int, outputs: int) -> nn.Module:
    class Half(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x.half()).float()

    return Half(features, outputs).half()


def raises(features: int, outputs: int) -> nn.Module:
    raise KeyError("the third layer")


class RaisesInTraining(nn.Linear):
    """Well until it is trained."""

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            raise ZeroDivisionError("no rows of colour")
        return super().forward(x)


def raises_in_training(features: int, outputs: int) -> nn.Module:
    return RaisesInTraining(features, outputs)


class NotForOnnx(nn.Linear):
    """Computes what ONNX has no node for."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(torch.special.bessel_j0(x))


def not_for_onnx(features: int, outputs: int) -> nn.Module:
    return NotForOnnx(features, outputs)
