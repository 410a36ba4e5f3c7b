"""From the first block to the last: join, a block, commit. The same for one worker and many."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from lsml_trainer.elastic.session import Member, Session, Traveller
from lsml_trainer.elastic.team import TeamBroken
from lsml_trainer.elastic.time_spent import TimeSpent

PositionT = TypeVar("PositionT")
Clock = Callable[[], float]


class Way(Traveller, Protocol[PositionT]):
    """What is done in blocks, and how far it is."""

    position: PositionT
    """What every member has alike; it is never changed, but replaced."""
    spent: TimeSpent

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do together."""
        ...

    def next(self, member: Member, clock: Clock) -> PositionT:
        """The position after one more block; raises TeamBroken."""
        ...

    def reach(self, position: PositionT) -> None:
        """The block counts."""
        ...


def travel(journey: Way[PositionT], session: Session, clock: Clock, arrived: Callable[[Member], None]) -> PositionT:
    """Until the journey is over; `arrived` is called after each block that counts, and may raise."""
    while not journey.is_over:
        try:
            member = session.join()
            journey.spent.lap("committing", clock())
            proposal = journey.next(member, clock)
        except TeamBroken as error:  # somebody was lost: the block is done again by whoever is there
            session.broken(error)
            proposal = journey.position
        counts = session.commit()
        journey.spent.lap("committing", clock())
        if counts:
            journey.reach(proposal)
            arrived(member)
            journey.spent.lap("checkpointing", clock())
    return journey.position
