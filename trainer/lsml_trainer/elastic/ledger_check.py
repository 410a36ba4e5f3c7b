"""Whether every step has consumed every row that it should, exactly once. Pure: judges accounts that were read.

Of each team whose steps count (`ledger_teams.py`): its members held each shard once, and each of them has all of the
steps that count. Of all of it: where epochs are counted, the rows of those steps are each row of the data, once an
epoch.
"""

from collections.abc import Sequence
from typing import NamedTuple

from lsml_trainer.elastic.ledger_files import Account
from lsml_trainer.elastic.ledger_lines import digest_of_shard
from lsml_trainer.elastic.ledger_teams import Part, Team, parts_of, teams_of, way_of
from lsml_trainer.errors import InvalidLedger, NotExactlyOnce


class Totals(NamedTuple):
    """What a ledger shows."""

    steps: int
    is_done: bool
    epochs: int | None
    rows: int
    """Of the data."""
    workers: int
    teams: int
    dropped_steps: int
    """Committed by workers that were lost, or cut off from the others; they do not count."""


def check(accounts: Sequence[Account]) -> Totals:
    """What the accounts of one training show; raises NotExactlyOnce, InvalidLedger."""
    shards = _shards_of_the_job(accounts)
    parts = [part for account in accounts for part in parts_of(account)]
    teams = teams_of(parts)
    sizes = _shard_rows(parts)
    way, end = way_of(teams, accounts)
    for team in way:
        if team.last > team.after:
            _check_shards(team, shards)
            _check_steps(team)
    if end is not None and end.epochs is not None:
        _check_rows(way, sizes, end.epochs)
    counted = {team.parts: team.last for team in way}
    return Totals(
        steps=way[-1].last if way else 0,
        is_done=end is not None,
        epochs=end.epochs if end else None,
        rows=sum(sizes.values()),
        workers=len(accounts),
        teams=len(teams),
        dropped_steps=sum(max(0, team.committed - counted.get(team.parts, team.after)) for team in teams),
    )


def _shards_of_the_job(accounts: Sequence[Account]) -> int:
    jobs = {(account.opening.job, account.opening.shards) for account in accounts}
    if not jobs:
        raise InvalidLedger("there is no ledger in it; `spec.ledger` of a TrainingJob names its folder")
    if len(jobs) > 1:
        raise InvalidLedger(f"it holds the ledgers of {len(jobs)} jobs; each needs a folder of its own")
    return jobs.pop()[1]


def _check_shards(team: Team, shards: int) -> None:
    """Each was held by one member."""
    holders: dict[int, str] = {}
    for part in team.parts:
        for shard in part.shards:
            if shard in holders:
                both = f"by {holders[shard]} and by {part.file}"
                raise NotExactlyOnce(f"generation {team.generation}: shard {shard} was consumed twice, {both}")
            holders[shard] = part.file
    missing = [shard for shard in range(shards) if shard not in holders]
    if missing:
        raise NotExactlyOnce(f"generation {team.generation}: shard {missing[0]} was consumed by nobody")


def _check_steps(team: Team) -> None:
    """Each member has computed each step, once."""
    for part in team.parts:
        reached = team.after
        for block in part.counted(team.last):
            if block.first <= reached:
                _refuse(team, part, block.first, reached, "are there twice")
            if block.first > reached + 1:
                _refuse(team, part, reached + 1, block.first - 1, "are missing")
            reached = block.last
        if reached < team.last:
            _refuse(team, part, reached + 1, team.last, "are missing")


def _refuse(team: Team, part: Part, first: int, last: int, what: str) -> None:
    steps = f"step {first} is" if first == last else f"steps {first} to {last} are"
    raise NotExactlyOnce(f"generation {team.generation}: {steps}{what.removeprefix('are')} in {part.file}")


def _shard_rows(parts: Sequence[Part]) -> dict[int, int]:
    """How many rows each shard has; the same in everybody's eyes."""
    sizes: dict[int, int] = {}
    for part in parts:
        for shard, rows in zip(part.shards, part.stay.shard_rows, strict=True):
            if sizes.setdefault(shard, rows) != rows:
                raise NotExactlyOnce(f"shard {shard} had {sizes[shard]} rows, and {rows} in {part.file}")
    return sizes


def _check_rows(teams: Sequence[Team], sizes: dict[int, int], epochs: int) -> None:
    blocks = [block for team in teams for part in team.parts for block in part.counted(team.last)]
    found, wanted = sum(block.rows for block in blocks), epochs * sum(sizes.values())
    if found != wanted:
        what = "twice" if found > wanted else "never"
        words = f"{found} rows were consumed, {wanted} should be ({epochs} epochs of {sum(sizes.values())})"
        raise NotExactlyOnce(f"{words}: some of them {what}")
    digest = sum(digest_of_shard(epoch, shard, rows) for epoch in range(epochs) for shard, rows in sizes.items())
    if digest % 2**64 != sum(block.digest for block in blocks) % 2**64:
        raise NotExactlyOnce(
            f"{found} rows were consumed, as many as there should be, but not each once an epoch: "
            "one is missing for each that counts twice"
        )
