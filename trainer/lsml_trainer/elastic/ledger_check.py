"""Whether every step has consumed every row that it should, exactly once. Pure: judges accounts that were read.

The teams of a training follow each other by their generations. A team's steps count up to where the next one began
(`Stay.after`): what it did beyond, if anything, was lost with the workers that knew of it, and done again.

    generation 1   steps   1 ───────── 120 ─ ─ 130     121 to 130 were lost
    generation 2                       121 ──────────── 300

So of each team: its members held each shard once, and each of them has all of the steps that count. Of all of it: where
epochs are counted, the rows of those steps are each row of the data, once an epoch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from lsml_trainer.elastic.ledger_files import Account
from lsml_trainer.elastic.ledger_lines import Block, Commit, End, Stay, digest_of_shard
from lsml_trainer.errors import InvalidLedger, NotExactlyOnce


@dataclass(frozen=True)
class Part:
    """What a worker has done in one team."""

    file: str
    stay: Stay
    blocks: tuple[Block, ...]
    committed: int
    """The last step that it took for counted; 0 for none."""
    is_last: bool
    """Whether the worker was in no later team."""

    @property
    def shards(self) -> range:
        """Its own."""
        return range(self.stay.first_shard, self.stay.first_shard + len(self.stay.shard_rows))

    def counted(self, last: int) -> list[Block]:
        """The blocks up to that step."""
        return [block for block in self.blocks if block.last <= last]


class Team(NamedTuple):
    """The parts of one generation, and the steps that count of it: those past `after` up to `last`."""

    generation: int
    after: int
    last: int
    parts: tuple[Part, ...]


class Totals(NamedTuple):
    """What a ledger shows."""

    steps: int
    is_done: bool
    epochs: int | None
    rows: int
    """Of the data."""
    workers: int
    teams: int
    lost_steps: int
    """Committed by workers that were lost, and done again."""


def check(accounts: Sequence[Account]) -> Totals:
    """What the accounts of one training show; raises NotExactlyOnce, InvalidLedger."""
    shards = _shards_of_the_job(accounts)
    parts = [part for account in accounts for part in _parts(account)]
    end = _end(accounts, parts)
    teams = _teams(parts, end)
    for team in teams:
        _check_commits(team)
        if team.last > team.after:
            _check_shards(team, shards)
            _check_steps(team)
    if teams and teams[0].after:
        raise NotExactlyOnce(f"steps 1 to {teams[0].after} are missing: no team of this ledger has begun before them")
    sizes = _shard_rows(teams)
    if end is not None and end.epochs is not None:
        _check_rows(teams, sizes, end.epochs)
    return Totals(
        steps=teams[-1].last if teams else 0,
        is_done=end is not None,
        epochs=end.epochs if end else None,
        rows=sum(sizes.values()),
        workers=len(accounts),
        teams=len(teams),
        lost_steps=sum(max(0, _most_committed(team) - max(team.after, team.last)) for team in teams),
    )


def _shards_of_the_job(accounts: Sequence[Account]) -> int:
    jobs = {(account.opening.job, account.opening.shards) for account in accounts}
    if not jobs:
        raise InvalidLedger("there is no ledger in it; `spec.ledger` of a TrainingJob names its folder")
    if len(jobs) > 1:
        raise InvalidLedger(f"it holds the ledgers of {len(jobs)} jobs; each needs a folder of its own")
    return jobs.pop()[1]


def _parts(account: Account) -> Iterator[Part]:
    """One for each stay; generations must grow, and steps follow each other."""
    stays = [place for place, line in enumerate(account.lines) if isinstance(line, Stay)]
    for place, following in pairwise([*stays, len(account.lines)]):
        stay, lines = account.lines[place], account.lines[place + 1 : following]
        assert isinstance(stay, Stay), "as it was looked for"
        blocks = tuple(line for line in lines if isinstance(line, Block))
        committed = max((line.committed for line in lines if isinstance(line, Commit)), default=0)
        yield Part(account.file, stay, blocks, committed, is_last=following == len(account.lines))
        later = account.lines[following] if following < len(account.lines) else None
        if isinstance(later, Stay) and later.generation <= stay.generation:
            late = f"generation {later.generation} comes after generation {stay.generation}"
            raise NotExactlyOnce(f"{account.file}: {late}; a team that is over was gone on with")


def _end(accounts: Sequence[Account], parts: Sequence[Part]) -> End | None:
    """The end, as the members of the last team saw it: an earlier one was lost and is reached again."""
    newest = max((part.stay.generation for part in parts), default=0)
    files = {part.file for part in parts if part.stay.generation == newest}
    ends = [line for account in accounts if account.file in files for line in account.lines if isinstance(line, End)]
    if any(end != ends[0] for end in ends):
        raise NotExactlyOnce(f"generation {newest} ended after different steps: {sorted({e.done for e in ends})}")
    return ends[0] if ends else None


def _teams(parts: Sequence[Part], end: End | None) -> list[Team]:
    """In the order of their generations."""
    teams: list[Team] = []
    newest = sorted({part.stay.generation for part in parts}, reverse=True)
    for generation in newest:
        members = tuple(part for part in parts if part.stay.generation == generation)
        after = {part.stay.after for part in members}
        if len(after) > 1:
            steps = " and ".join(map(str, sorted(after)))
            raise NotExactlyOnce(f"generation {generation} began after different steps: {steps}")
        reached = end.done if end else max(*after, *(part.committed for part in members))
        last = min(teams[0].after, teams[0].last) if teams else reached
        teams.insert(0, Team(generation, after.pop(), last, members))
    return teams


def _check_commits(team: Team) -> None:
    """Steps that do not count were committed by nobody who is still there."""
    for part in team.parts:
        if part.committed > max(team.last, team.after) and not part.is_last:
            steps = f"steps {max(team.last, team.after) + 1} to {part.committed}"
            again = f"committed by generation {team.generation} ({part.file}) and by a later one again"
            raise NotExactlyOnce(f"{steps} were {again}")


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


def _shard_rows(teams: Sequence[Team]) -> dict[int, int]:
    """How many rows each shard has; the same in everybody's eyes."""
    sizes: dict[int, int] = {}
    for part in (part for team in teams for part in team.parts):
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


def _most_committed(team: Team) -> int:
    return max(part.committed for part in team.parts)
