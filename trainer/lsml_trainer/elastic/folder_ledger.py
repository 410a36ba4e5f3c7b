"""What this worker has consumed, written down before it counts: `spec.ledger`. Judges nothing: `ledger_check` does.

Each worker has a file of its own in the folder, to which lines are only added; should its machine die, the last one
is cut off at worst. A file that has grown by MOST_BYTES is replaced, whole, by one in which old blocks that count are
one, but for where a checkpoint may be gone on from.
"""

import errno
import math
import os
import secrets
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lsml_trainer.algorithms.base import Rows, Shard
from lsml_trainer.atomic import fresh_file
from lsml_trainer.elastic.checkpoint_store import job_digest, stored_steps
from lsml_trainer.elastic.ledger import Ledger, NoLedger
from lsml_trainer.elastic.ledger_files import SUFFIX, read_accounts
from lsml_trainer.elastic.ledger_lines import Block, Commit, End, Line, Opening, Stay, digest_of_rows, folded
from lsml_trainer.elastic.session import Membership
from lsml_trainer.errors import OutputUnavailable
from lsml_trainer.folders import folder_of
from lsml_trainer.spec import InvalidSpec, TrainingSpec
from lsml_trainer.stores import store_of

MOST_BYTES = 1 << 20
"""Between two replacements; a day of blocks of 0.1 s would be 120 MB."""
NEW_LINES = 100
"""That stay as they are: of blocks that the others may not have."""


@dataclass
class _Tally:
    """The rows that were taken since the last block."""

    epoch: int | None = None
    rows: int = 0
    digest: int = 0


class FolderLedger:
    """A Ledger in a file of a folder."""

    def __init__(
        self, folder: Path, job: str, shards: int, worker: str, checkpoints: Callable[[], Set[int]] | None = None
    ) -> None:
        """`checkpoints` are the steps from which the training may be gone on with, where it has any.

        Raises InvalidSpec where the folder holds another job's, OutputUnavailable where it cannot be written.
        """
        self._checkpoints = checkpoints
        self._most_bytes = MOST_BYTES
        self.highest_generation = _highest_generation(folder, job)
        self._path = folder / f"{worker}-{secrets.token_hex(4)}{SUFFIX}"
        self._tally = _Tally()
        self._shard_rows: list[int] = []
        self._team: tuple[int, str] | None = None
        self._lines: list[Line] = []
        """The file's."""
        with _told(self._path):
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("xb", buffering=0)
        self._add(Opening(format=1, worker=worker, job=job, shards=shards))

    def watched(self, shards: Sequence[Shard]) -> Sequence[Shard]:
        """As Ledger."""
        self._shard_rows = [shard.rows for shard in shards]
        return [_Watched(shard, self._tally) for shard in shards]

    def begin_block(self) -> None:
        """As Ledger."""
        self._tally.rows = self._tally.digest = 0

    def begin_step(self, epoch: int | None) -> None:
        """As Ledger."""
        self._tally.epoch = epoch

    def computed(self, generation: int, member: Membership, after: int, last: int) -> None:
        """As Ledger."""
        if self._team != (generation, member.team):
            self._team = generation, member.team
            self._add(
                Stay(
                    generation=generation,
                    team=member.team,
                    after=after,
                    first_shard=member.held.start,
                    shard_rows=tuple(self._shard_rows),
                )
            )
        digest = self._tally.digest % 2**64
        self._add(Block(first=after + 1, last=last, rows=self._tally.rows, digest=digest), is_lasting=True)

    def committed(self, step: int) -> None:
        """As Ledger."""
        self._add(Commit(committed=step))
        with _told(self._path):
            size_bytes = self._file.tell()
        if size_bytes > self._most_bytes:
            try:
                ends = self._checkpoints() if self._checkpoints else None
            except OSError:  # a store that does not answer is no reason to stop
                self._most_bytes = size_bytes + MOST_BYTES // 16
                return
            with _told(self._path):
                self._replace(ends)

    def ended(self, step: int, epochs: int | None) -> None:
        """As Ledger."""
        self._add(End(done=step, epochs=epochs), is_lasting=True)

    def close(self) -> None:
        """Nothing more is written."""
        self._file.close()

    def _add(self, line: Line, is_lasting: bool = False) -> None:
        """One system call: a line of a worker that is killed is there or is not, unless the machine dies as well."""
        self._lines.append(line)
        with _told(self._path):
            content = f"{line.to_json()}\n".encode()
            if self._file.write(content) != len(content):  # a part of it: nothing may be added to that
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if is_lasting:
                os.fdatasync(self._file.fileno())

    def _replace(self, ends: Set[int] | None) -> None:
        """`ends` are the steps of the checkpoints; one that is being written is of a later one."""
        settled = math.inf if ends is None else max(ends, default=0)
        self._lines = [*folded(self._lines[:-NEW_LINES], ends or set(), settled), *self._lines[-NEW_LINES:]]
        with fresh_file(self._path) as file:
            file.writelines(f"{line.to_json()}\n".encode() for line in self._lines)
        self._file.close()
        self._file = self._path.open("ab", buffering=0)
        self._most_bytes = self._path.stat().st_size + MOST_BYTES


class _Watched:
    """A shard whose rows are counted when they are taken for an epoch."""

    def __init__(self, shard: Shard, tally: _Tally) -> None:
        self._shard, self._tally = shard, tally
        self.index, self.rows, self.cells = shard.index, shard.rows, shard.cells

    def chunks(self) -> Iterator[Rows]:
        """As Shard."""
        return self._shard.chunks()

    def take(self, which: NDArray[np.int64] | slice) -> Rows:
        """As Shard."""
        tally = self._tally
        if tally.epoch is not None:
            row_N = np.arange(self.rows)[which] if isinstance(which, slice) else which
            tally.rows += len(row_N)
            tally.digest += digest_of_rows(tally.epoch, self.index, row_N)
        return self._shard.take(which)


@contextmanager
def keeping_ledger(training: TrainingSpec, shards: int, claims: Path, worker: str) -> Iterator[Ledger]:
    """The ledger that the specification asks for."""
    if training.ledger is None:
        yield NoLedger()
        return
    folder, job = folder_of(training.ledger, claims), job_digest(training, shards)
    state = store_of(training.checkpoint.uri, claims) if training.checkpoint else None
    ledger = FolderLedger(folder, job, shards, worker, (lambda: stored_steps(state, job)) if state else None)
    try:
        yield ledger
    finally:
        ledger.close()


def _highest_generation(folder: Path, job: str) -> int:
    """Of the ledgers that are there already: of workers that are lost, or were asked to leave."""
    try:
        accounts = read_accounts(folder)
    except OSError as error:
        raise OutputUnavailable(f"spec.ledger: {folder} cannot be read: {error.strerror}") from error
    if any(account.opening.job != job for account in accounts):
        raise InvalidSpec(f"spec.ledger: {folder} holds the ledger of another job; name another folder")
    stays = (line for account in accounts for line in account.lines if isinstance(line, Stay))
    return max((stay.generation for stay in stays), default=0)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        words = f"spec.ledger: {path} cannot be written: {error.strerror or error}; it is tried again"
        raise OutputUnavailable(words) from error
