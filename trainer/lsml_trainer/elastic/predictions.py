"""How a team predicts: a part by each member; the first shows them when all are there. Reads and writes nothing."""

from typing import Protocol

from lsml_trainer.elastic.session import Member


class Predictions(Protocol):
    """Rows that a finished model predicts, in parts; whoever does a part, and how often, the bytes are the same."""

    @property
    def parts(self) -> int:
        """How many."""
        ...

    def predict(self, part: int, digest: str) -> None:
        """Does a part, with the model of that digest."""
        ...

    def publish(self, digest: str) -> None:
        """Shows what all parts gave; doing it again changes nothing."""
        ...


def further(wanted: Predictions, digest: str, predicted: int, member: Member) -> int:
    """How many parts are done after one by each member, of `predicted`; one more than there are once it is published.

    Raises TeamBroken.
    """
    if predicted + member.rank < wanted.parts:
        wanted.predict(predicted + member.rank, digest)
    elif predicted == wanted.parts and member.rank == 0:
        wanted.publish(digest)
    members = len(member.gather_bytes(b"done"))  # all of them have done theirs
    return wanted.parts + 1 if predicted == wanted.parts else min(wanted.parts, predicted + members)


def is_published(wanted: Predictions, predicted: int) -> bool:
    """Whether nothing is left to do."""
    return predicted > wanted.parts
