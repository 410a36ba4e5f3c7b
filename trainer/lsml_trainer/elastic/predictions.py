"""How a team predicts: a part by each member; the first shows them when all are there. Reads and writes nothing."""

import json
from typing import NamedTuple, Protocol

from lsml_trainer.elastic.session import Member


class Done(NamedTuple):
    """What became of a part."""

    rows: int
    found: bool
    """Somebody had done it before."""


class Predicted(NamedTuple):
    """How far a team is; all of its members have it alike."""

    parts: int = 0
    """Those that are done, and one more when they are published."""
    rows: int = 0
    """Of those parts."""
    found: int = 0
    """The parts up to the last one that somebody had done before: they are no measure of this team's speed."""


NOTHING_PREDICTED = Predicted()


class Predictions(Protocol):
    """Rows that a finished model predicts, in parts; whoever does a part, and how often, the bytes are the same."""

    @property
    def parts(self) -> int:
        """How many."""
        ...

    def predict(self, part: int, digest: str) -> Done:
        """Does a part, with the model of that digest."""
        ...

    def publish(self, digest: str) -> None:
        """Shows what all parts gave; doing it again changes nothing."""
        ...


def further(wanted: Predictions, digest: str, at: Predicted, member: Member) -> Predicted:
    """After one part more by each member; one part more than there are once they are published.

    Raises TeamBroken.
    """
    own = b""
    if at.parts + member.rank < wanted.parts:
        own = json.dumps(wanted.predict(at.parts + member.rank, digest)).encode()
    elif at.parts == wanted.parts and member.rank == 0:
        wanted.publish(digest)
    told = member.gather_bytes(own)  # all of them have done theirs
    if at.parts == wanted.parts:
        return at._replace(parts=wanted.parts + 1)
    done = [Done(*json.loads(one)) for one in told if one]
    parts = min(wanted.parts, at.parts + len(told))
    found = parts if any(one.found for one in done) else at.found
    return Predicted(parts, at.rows + sum(one.rows for one in done), found)


def is_published(wanted: Predictions, at: Predicted) -> bool:
    """Whether nothing is left to do."""
    return at.parts > wanted.parts
