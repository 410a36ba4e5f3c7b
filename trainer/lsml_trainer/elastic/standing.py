"""How far a worker is, in a few numbers that others can compare. Pure."""

import json
from collections.abc import Sequence
from typing import NamedTuple


class Standing(NamedTuple):
    """Two workers with the same `way` have the same state to the bit: it is a function of the job and the step."""

    phase: int
    """0 before the algorithm has started, 1 while it makes steps, 2 with the final weights, 3 when they are saved.

    Then one more for each part that is predicted.
    """
    step: int
    block_steps: int
    """Steps of the next block; the members of a team have to agree on them."""
    generation: int
    """The last team that this worker was in."""

    @property
    def way(self) -> tuple[int, int]:
        """What is compared."""
        return self.phase, self.step

    def is_at(self, other: "Standing") -> bool:
        """Whether nothing has to be handed over."""
        return (self.way, self.block_steps) == (other.way, other.block_steps)

    def to_bytes(self) -> bytes:
        """For others."""
        return json.dumps(self).encode()


def standing_from(content: bytes | bytearray | memoryview) -> Standing:
    """What `to_bytes` gave."""
    return Standing(*json.loads(bytes(content)))


def furthest(standings: Sequence[Standing]) -> int:
    """The rank of the first of those who are furthest."""
    return max(range(len(standings)), key=lambda rank: (standings[rank].way, -rank))
