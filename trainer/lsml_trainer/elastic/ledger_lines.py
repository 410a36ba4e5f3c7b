"""The lines of a ledger, and the digest of the rows that were consumed. Pure: knows no files and no team.

A worker writes a file of its own, a line of JSON for each thing that happens, in this order:

    Opening         once: whose ledger this is
    Stay            it trains in a team from here on, and these shards are its own
      Block         what it has computed, before it tells the others: a block that counts is in the ledger
      Commit        the block counts
    End             the training is done

The digest of rows is a sum, modulo 2^64, of a number for each of them that depends on (epoch, shard, row): it is the
same in whatever order they come, digests of parts add up to the digest of the whole, and a row that is missing, or
counts twice, changes it (an incremental multiset hash: Clarke et al., ASIACRYPT 2003; against mistakes, not forgers).
"""

import math
from collections.abc import Sequence, Set
from typing import Annotated, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter

from lsml_trainer.spec.report import WireModel

Count = Annotated[int, Field(ge=0, lt=2**63)]
Sum = Annotated[int, Field(ge=0, lt=2**64)]
_AT_ONCE = 1 << 20


class Opening(WireModel):
    """The first line."""

    format: Literal[1]
    worker: str
    job: str
    """As `job_digest`."""
    shards: Count
    """Of the job."""


class Stay(WireModel):
    """A worker in a team."""

    generation: Count
    team: Annotated[str, Field(max_length=64)] = ""
    """As `Membership.team`."""
    after: Count
    """The steps that were done when the team began."""
    first_shard: Count
    shard_rows: tuple[Count, ...]
    """Of the shards that are its own: this one and those that follow."""


class Block(WireModel):
    """Steps that a worker has computed with its shards."""

    first: Count
    last: Count
    rows: Count = 0
    """Rows drawn for the steps, in algorithms that count epochs; the others read whole shards."""
    digest: Sum = 0
    """Of those rows."""


class Commit(WireModel):
    """The steps up to here count."""

    committed: Count


class End(WireModel):
    """The training is done."""

    done: Count
    """Steps."""
    epochs: Count | None = None
    """Passes over all rows; None where they are not counted."""


Line: TypeAlias = Opening | Stay | Block | Commit | End
LINE: TypeAdapter[Line] = TypeAdapter(Line)


def folded(lines: Sequence[Line], ends: Set[int], settled: float = math.inf) -> list[Line]:
    """The same with blocks that count and follow each other as one; not across a step of `ends`, nor past `settled`."""
    few: list[Line] = []
    for line in lines:
        few.append(line)
        match few[-4:]:
            case [Block(last=last) as earlier, Commit(), Block() as later, Commit() as commit] if (
                last not in ends and last < settled
            ):
                digest = (earlier.digest + later.digest) % 2**64
                rows = earlier.rows + later.rows
                few[-4:] = [Block(first=earlier.first, last=later.last, rows=rows, digest=digest), commit]
    return few


def digest_of_rows(epoch: int, shard: int, row_N: NDArray[np.int64]) -> int:
    """Of rows of one shard, by their places in it."""
    key = _mixed(_mixed(np.array([epoch], np.uint64)) + np.uint64(shard))
    return int(_mixed(key + row_N.astype(np.uint64)).sum(dtype=np.uint64))


def digest_of_shard(epoch: int, shard: int, rows: int) -> int:
    """Of all rows of a shard, each once."""
    pieces = (np.arange(begin, min(begin + _AT_ONCE, rows)) for begin in range(0, rows, _AT_ONCE))
    return sum(digest_of_rows(epoch, shard, row_N) for row_N in pieces) % 2**64


def _mixed(key_N: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The output function of SplitMix64 (Steele et al., OOPSLA 2014); a bijection."""
    key_N = key_N + np.uint64(0x9E3779B97F4A7C15)
    key_N = (key_N ^ (key_N >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    key_N = (key_N ^ (key_N >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return key_N ^ (key_N >> np.uint64(31))
