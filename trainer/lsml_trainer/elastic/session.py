"""Who trains together, and what counts: join before a block of steps, commit after it.

            join                          commit: True
    alone ────────► in a team ── block ──────────────────► the block counts, join again
                        ▲           │
                        │           │ a member is lost, or the commit fails
                        └───────────┘ the block is undone: the state before it is still there

No member is special. Whoever joins is given the state of a member, not of a storage.
"""

from collections.abc import Callable
from typing import Protocol

from lsml_trainer.elastic.team import Arrays, Solo, Team


class Membership(Protocol):
    """A team, and this worker's place in it."""

    @property
    def rank(self) -> int:
        """0 is the one that saves."""
        ...

    @property
    def held(self) -> range:
        """The shards that are this worker's."""
        ...

    def gather_bytes(self, content: bytes) -> list[bytes]:
        """What each member gives, in the order of their ranks; raises TeamBroken."""
        ...


class Member(Team, Membership, Protocol):
    """What a block is computed with."""


class Session(Protocol):
    """The way into a team and out of it."""

    def join(self) -> Member:
        """Wait for the others; afterwards everybody has the same state (by `give` and `take`)."""
        ...

    def commit(self) -> bool:
        """Whether what was computed since `join` counts."""
        ...

    def broken(self, error: Exception) -> None:
        """What was computed since `join` cannot count."""
        ...

    def close(self) -> None:
        """Leave."""
        ...


Give = Callable[[], Arrays]
Take = Callable[[Arrays], None]


class Alone(Solo):
    """A member that holds every shard."""

    rank = 0

    def __init__(self, shards: int) -> None:
        self.held = range(shards)

    def gather_bytes(self, content: bytes) -> list[bytes]:
        """What was given."""
        return [content]


class SoloSession:
    """A team of one: everything counts."""

    def __init__(self, shards: int) -> None:
        self._member = Alone(shards)

    def join(self) -> Member:
        """At once."""
        return self._member

    def commit(self) -> bool:
        """Always."""
        return True

    def broken(self, error: Exception) -> None:
        """Nobody else can break it."""
        raise error

    def close(self) -> None:
        """Nothing to leave."""
