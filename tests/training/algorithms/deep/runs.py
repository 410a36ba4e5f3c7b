"""Training a network alone, for tests."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lsml_trainer.algorithms.base import Algorithm, Shard
from lsml_trainer.elastic.team import Solo


def run(algorithm: Algorithm[Any], shards: Sequence[Shard], steps: int = 10**9) -> Any:
    """The state at the end, or after so many steps."""
    team = Solo()
    state = algorithm.start(shards, team)
    while not algorithm.is_done(state) and algorithm.steps(state)[0] < steps:
        state = algorithm.step(state, shards, team)
    return state


def dumped(algorithm: Algorithm[Any], state: Any) -> dict[str, bytes]:
    """The bytes of what a checkpoint would hold."""
    return {name: np.asarray(array).tobytes() for name, array in algorithm.dump(state).items()}
