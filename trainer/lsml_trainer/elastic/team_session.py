"""A session with other workers: a quorum before each block, connections for each team, one state for all its members.

    ask the coordinator ──► a new team? meet its members, agree on the furthest position, hand it to who is behind
                        ├─► the same team as before: go on at once
                        └─► no answer, and nobody has left: go on as the team that is together, and stay asked

Whoever coordinates, nobody, or two at once, only says who should meet. What counts does not depend on it:
- A worker is in one team at a time: it leaves one, whose connections close, before it meets another.
- A block counts for a member that has every other member's message of every exchange. So a team that one member has
  left counts no block beyond the one whose messages were under way, and no two teams share a member.
- A position is a function of the job and of how far it is. Members who judged a block differently, and teams that could
  not hear each other, are not equally far, and that is all: the furthest one's is handed over where they meet.
- The generation counts the teams. It only grows, also over restarts of everybody: it is in the checkpoints, and every
  new team takes the highest that any of its members knows, plus one. What was written under an older generation than
  what is there already came too late.
"""

import socket
from typing import NamedTuple

from lsml_trainer.elastic.group_team import GroupTeam
from lsml_trainer.elastic.introduction import Hello
from lsml_trainer.elastic.meeting import Door, meet
from lsml_trainer.elastic.mesh import Link, Mesh
from lsml_trainer.elastic.packing import packed, unpacked
from lsml_trainer.elastic.quorum import Members, QuorumClient, Waiting, joins_of
from lsml_trainer.elastic.session import Traveller
from lsml_trainer.elastic.standing import Standing, furthest, standing_from
from lsml_trainer.elastic.team import TeamBroken


class _Team(NamedTuple):
    members: Members
    mesh: Mesh
    joins: int
    """This worker's, when the team was formed."""
    generation: int


class TeamSession:
    """Joins the team of one coordinator under one name."""

    def __init__(
        self,
        coordinator: str,
        address: str,
        name: str,
        shards: int,
        traveller: Traveller,
        waiting: Waiting,
        job_token: str | None = None,
    ) -> None:
        """`coordinator` is HOST:PORT, `address` where other workers reach this one; `waiting` may raise.

        With a token nobody is a member who does not know it.
        """
        self._shards = shards
        self._traveller = traveller
        self._waiting = waiting
        self._door = Door(address, job_token)
        self._quorum = QuorumClient(coordinator, name, address, self._door.port, waiting)
        self._team: _Team | None = None
        self._failures = 0
        self._is_broken = False

    def join(self) -> GroupTeam:
        """The team of everybody who is there now; afterwards all have the same position. Raises TeamBroken."""
        self._is_broken = False
        together = self._team.mesh.is_whole if self._team else None
        members = self._quorum.ask(self._traveller.standing().step, self._failures, together)
        if self._team is None or self._team.members.token != members.token:
            self._leave_team()
            self._team = self._formed(members)
        return GroupTeam(self._team.mesh, self._shards, self._team.generation, self._team.members.short_name)

    def _formed(self, members: Members) -> _Team:
        """A new team, its members at one position; raises TeamBroken."""
        joins = self._quorum.joins
        hello = Hello(members.token, members.rank, self._quorum.manager, joins)

        def link(connection: socket.socket, words: Hello) -> Link:
            # From here on all members count in step; whoever has asked in a later block went on without this worker.
            return Link(connection, lambda: _is_with_us(words, self._quorum.joins - joins))

        mesh = meet(members, self._door, hello, link, self._waiting)
        try:
            own = self._traveller.standing()
            standings = [standing_from(words) for words in mesh.gather(own.to_bytes())]
            self._catch_up(mesh, standings)
            generation = 1 + max(standing.generation for standing in standings)
            self._traveller.enter(generation)
            return _Team(members, mesh, joins, generation)
        except TeamBroken:
            mesh.close()
            raise

    def _catch_up(self, mesh: Mesh, standings: list[Standing]) -> None:
        """Whoever is not where the furthest member is gets its position from it."""
        source = furthest(standings)
        behind = [not standing.is_at(standings[source]) for standing in standings]
        if not any(behind):
            return
        content = packed(self._traveller.give()) if mesh.rank == source else b""
        received = mesh.exchange([content if is_behind else b"" for is_behind in behind])
        if behind[mesh.rank]:
            self._traveller.take(unpacked(bytes(received[source])))

    def commit(self) -> bool:
        """Whether the block counts: nobody was lost before all had what they needed.

        Each member judges by itself. Those who judge differently have lost their connection, and meet again; then
        whoever did not commit gets the position of who did.
        """
        self._failures = self._failures + 1 if self._is_broken else 0
        return not self._is_broken

    def broken(self, error: Exception) -> None:
        """The block cannot count; whoever waits for this worker in an exchange is told at once."""
        self._is_broken = True
        self._leave_team()
        self._waiting()  # members who cannot reach each other meet in vain for ever

    def _leave_team(self) -> None:
        if self._team is not None:
            self._team.mesh.close()
            self._team = None

    def close(self) -> None:
        """Leave: the others do not wait for this worker any more."""
        self._leave_team()
        self._quorum.close()
        self._door.close()


def _is_with_us(member: Hello, blocks: int) -> bool:
    """Whether a member answers, and is not ahead; so many `blocks` after they met. It may have asked long ago."""
    asked = joins_of(member.manager)
    return asked is not None and asked <= member.joins + blocks
