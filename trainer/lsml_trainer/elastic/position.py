"""What every member of a team has alike, and how it travels. Knows no team."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lsml_trainer.algorithms.base import Algorithm
from lsml_trainer.elastic.predictions import NOTHING_PREDICTED, Predicted
from lsml_trainer.elastic.team import Arrays


@dataclass(frozen=True)
class Position:
    """What every member has alike; it changes with each commit, and only then."""

    state: Any = None
    """None before the algorithm has started."""
    block_steps: int = 1
    """Steps of the next block."""
    weights: Arrays | None = None
    """Once the algorithm is done."""
    digest: str | None = None
    """Once the model is saved."""
    predicted: Predicted = NOTHING_PREDICTED
    """Once the model predicts."""


def dumped(at: Position, algorithm: Algorithm[Any]) -> Arrays:
    """The position as arrays."""
    state = {} if at.state is None else algorithm.dump(at.state)
    return {
        "block_steps": np.array([float(at.block_steps)]),
        "digest": np.frombuffer((at.digest or "").encode(), dtype=np.uint8).astype(np.float64),
        "predicted": np.array(at.predicted, dtype=np.float64),
        **{f"state/{name}": array for name, array in state.items()},
        **{f"weights/{name}": array for name, array in (at.weights or {}).items()},
    }


def loaded(arrays: Arrays, algorithm: Algorithm[Any]) -> Position:
    """What `dumped` gave; other names are ignored."""
    state, weights = _named(arrays, "state/"), _named(arrays, "weights/")
    return Position(
        state=algorithm.load(state) if state else None,
        block_steps=int(arrays["block_steps"][0]),
        weights=weights or None,
        digest=arrays["digest"].astype(np.uint8).tobytes().decode() or None,
        predicted=Predicted(*map(int, arrays["predicted"])) if "predicted" in arrays else NOTHING_PREDICTED,
    )


def _named(arrays: Arrays, prefix: str) -> Mapping[str, Any]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
