"""The way of a team from the first step to the saved model. The same for one worker and many.

    start ──► steps, a block at a time ──► weights ──► saved

A quorum and a commit cost some milliseconds, more than a small step: so steps are committed in blocks of about
BLOCK_SECONDS. Everything that the next block depends on is in the Position, which everybody has alike.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from safetensors import SafetensorError

from lsml_trainer.algorithms.base import Algorithm, Shard
from lsml_trainer.elastic.holding import Holding, ShardsOf
from lsml_trainer.elastic.ledger import Ledger, NoLedger
from lsml_trainer.elastic.packing import unpacked
from lsml_trainer.elastic.position import Position, dumped, loaded
from lsml_trainer.elastic.predictions import Predictions, further, is_published
from lsml_trainer.elastic.session import Member
from lsml_trainer.elastic.standing import Standing
from lsml_trainer.elastic.team import Arrays
from lsml_trainer.elastic.time_spent import TimeSpent
from lsml_trainer.elastic.timed_team import TimedTeam
from lsml_trainer.elastic.travelling import Clock
from lsml_trainer.errors import InvalidCheckpoint

BLOCK_SECONDS = 0.1
MOST_STEPS = 10_000

Resume = Callable[[], bytes]
"""What `Journey.give` gave, as safetensors, where an earlier team came to its end; empty at the very beginning."""
Save = Callable[[Arrays], str]
"""Puts the weights where the model should be, and gives their digest; whoever does it, the bytes are the same."""


class Journey:
    """Where this worker is, in a form that others can take over."""

    def __init__(
        self,
        algorithm: Algorithm[Any],
        shards_of: ShardsOf,
        save: Save | None,
        resume: Resume = lambda: b"",
        predictions: Predictions | None = None,
        ledger: Ledger | None = None,
        read_seconds: Callable[[], float] = lambda: 0.0,
        *,
        merges: bool = False,
    ) -> None:
        """`merges`: steps read neighbouring shards of a worker as one, and are equal to rounding only."""
        self.algorithm = algorithm
        self.spent = TimeSpent()
        self._read_seconds = read_seconds
        self._ledger = ledger or NoLedger()
        self._predictions = predictions
        self._resume = resume
        self.position = Position()
        self.generation = self._ledger.highest_generation
        """The teams that there were, over all lives of the job."""
        self._holding = Holding(shards_of, self._ledger, merges=merges)
        self._save = save
        self.step_seconds: float | None = None
        """How long this worker's own part of a step takes of late, without the exchanges, in which all are as slow as
        the slowest.
        """
        self.taken_at = 0
        """The step up to which others went, before this worker took their position or that of a checkpoint over."""

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do together."""
        at, wanted = self.position, self._predictions
        saved = at.weights is not None and (self._save is None or at.digest is not None)
        return saved and (wanted is None or is_published(wanted, at.predicted))

    def next(self, member: Member, clock: Clock) -> Position:
        """The position after one more block; raises TeamBroken and what the algorithm raises."""
        self._holding.hold(member.held)
        at, shards = self.position, self._holding.shards
        if at.state is None:
            return self._begin(shards, member)
        if not self.algorithm.is_done(at.state):
            return self._block(at, self._holding.for_steps, member, clock)
        if at.weights is None:
            return replace(at, weights=self.algorithm.weights(at.state, shards, member))
        if at.digest is not None:
            assert self._predictions is not None, "a journey that is over goes no further"
            return replace(at, predicted=further(self._predictions, at.digest, at.predicted, member))
        assert self._save is not None, "a journey that is over goes no further"
        told = member.gather_bytes(self._save(at.weights).encode() if member.rank == 0 else b"")
        return replace(at, digest=told[0].decode())

    def _begin(self, shards: Sequence[Shard], member: Member) -> Position:
        """Where an earlier team came to its end, as one member reads it for all, or the start."""
        content = member.gather_bytes(self._resume() if member.rank == 0 else b"")[0]
        if not content:
            return replace(self.position, state=self.algorithm.start(shards, member))
        try:
            arrays = unpacked(content)
        except SafetensorError as error:  # nothing else is ever read: a pickle ends here
            raise InvalidCheckpoint(f"the checkpoint's state is not safetensors ({error}); remove it") from None
        self.generation = max(self.generation, int(arrays["generation"][0]) + 1)
        return loaded(arrays, self.algorithm)

    def _block(self, at: Position, shards: Sequence[Shard], member: Member, clock: Clock) -> Position:
        started, state, steps, watched = clock(), at.state, 0, TimedTeam(member, clock)
        read_before = self._read_seconds()
        self._ledger.begin_block()
        while steps < at.block_steps and not self.algorithm.is_done(state):
            self._ledger.begin_step(self.algorithm.epoch(state))
            state, steps = self.algorithm.step(state, shards, watched), steps + 1
        own = (clock() - started - watched.exchange_seconds) / max(1, steps)
        self.step_seconds = own if self.step_seconds is None else self.step_seconds + (own - self.step_seconds) / 8
        before, after = self.algorithm.steps(at.state)[0], self.algorithm.steps(state)[0]
        self._ledger.computed(self.generation, member, before, after)
        # How long it took where it took longest: all must draw the same conclusion from it.
        told = watched.gather([{"seconds": np.array([clock() - started])} for _ in shards])
        seconds = max(float(one["seconds"][0]) for one in told)
        read_seconds = self._read_seconds() - read_before
        self.spent.lap("computing", clock(), reading=read_seconds, exchanging=watched.exchange_seconds)
        return replace(at, state=state, block_steps=_next_steps(at.block_steps, seconds))

    def reach(self, position: Position) -> None:
        """The block counts."""
        before, self.position = self.position, position
        if before.state is None:
            self.taken_at = self.standing().step
        if before.state is None or before.weights is not None or self.algorithm.is_done(before.state):
            return  # no steps were made
        self._ledger.committed(self.algorithm.steps(position.state)[0])
        if self.algorithm.is_done(position.state):
            self._ledger.ended(self.algorithm.steps(position.state)[0], self.algorithm.epoch(position.state))

    def standing(self) -> Standing:
        """How far this worker is."""
        at, phase = self.position, _phase(self.position)
        return Standing(phase, self.algorithm.steps(at.state)[0] if phase else 0, at.block_steps, self.generation)

    def enter(self, generation: int) -> None:
        """A new team begins."""
        self.generation = generation

    def give(self) -> Arrays:
        """The position as arrays."""
        return {"generation": np.array([float(self.generation)]), **dumped(self.position, self.algorithm)}

    def take(self, arrays: Arrays) -> None:
        """Go on from somebody else's position."""
        self.position = loaded(arrays, self.algorithm)
        self.taken_at = self.standing().step


def _phase(at: Position) -> int:
    """As Standing has it."""
    if at.digest is not None:
        return 3 + at.predicted.parts
    return 0 if at.state is None else 1 if at.weights is None else 2


def _next_steps(steps: int, seconds: float) -> int:
    """As many as take BLOCK_SECONDS, approached by doubling at most."""
    wanted = int(steps * BLOCK_SECONDS / seconds) if seconds > 0 else 2 * steps
    return max(1, min(wanted, 2 * steps, MOST_STEPS))
