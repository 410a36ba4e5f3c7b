"""Who trains together, and what counts: join before a block of steps, commit after it.

            join                          commit: True
    alone ────────► in a team ── block ──────────────────► the block counts, join again
                        ▲           │
                        │           │ a member is lost, or the commit fails
                        └───────────┘ the block is undone: the state before it is still there

No member is special. Whoever joins is given the state of a member, not of a storage.
"""

from typing import Protocol

from lsml_trainer.elastic.standing import Standing
from lsml_trainer.elastic.team import Arrays, Solo, Team


class Membership(Protocol):
    """A team, and this worker's place in it."""

    @property
    def rank(self) -> int:
        """0 is the one that saves."""
        ...

    @property
    def team(self) -> str:
        """Tells this team from any other, also from one that has the same generation since they cannot hear each other.

        Empty where there are no others.
        """
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
        """Wait for the others; afterwards all have the position of the furthest. Raises TeamBroken."""
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


class Traveller(Protocol):
    """What a session keeps alike on all members: where this worker is."""

    def standing(self) -> Standing:
        """How far it is."""
        ...

    def give(self) -> Arrays:
        """All that another one needs to go on from here."""
        ...

    def take(self, arrays: Arrays) -> None:
        """Go on from what another one gave."""
        ...

    def enter(self, generation: int) -> None:
        """A new team begins; its number is higher than any before."""
        ...


class Alone(Solo):
    """A member that holds every shard."""

    rank = 0
    team = ""

    def __init__(self, shards: int) -> None:
        self.held = range(shards)

    def gather_bytes(self, content: bytes) -> list[bytes]:
        """What was given."""
        return [content]


class SoloSession:
    """A team of one: everything counts."""

    def __init__(self, shards: int, traveller: Traveller) -> None:
        self._member = Alone(shards)
        traveller.enter(traveller.standing().generation + 1)

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
