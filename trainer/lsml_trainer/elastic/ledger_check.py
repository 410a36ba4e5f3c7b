"""Whether every step has consumed every row that it should, exactly once. Pure: judges accounts that were read.

A team goes on from a step that an earlier one has reached, so there is one way back from the end to the first step, and
what is on it counts: of each team, the steps up to where the next one began (`Stay.after`).

    generation 1   steps   1 ───────── 120 ─ ─ 130     121 to 130 were lost with their workers
    generation 2                       121 ──────────── 300
    generation 2                       121 ─ ─ 140     dropped: another team, which could not hear the first

So of each team on the way: its members held each shard once, and each of them has all of the steps that count. Of all
of it: where epochs are counted, the rows of those steps are each row of the data, once an epoch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
    """The last step that it took for counted."""

    @property
    def shards(self) -> range:
        """Its own."""
        return range(self.stay.first_shard, self.stay.first_shard + len(self.stay.shard_rows))

    def counted(self, last: int) -> list[Block]:
        """The blocks up to that step."""
        return [block for block in self.blocks if block.last <= last]


@dataclass(frozen=True)
class Team:
    """The parts of one team, and the steps that count of it: those past `after` up to `last`."""

    parts: tuple[Part, ...]
    last: int

    @property
    def generation(self) -> int:
        """Of all members."""
        return self.parts[0].stay.generation

    @property
    def after(self) -> int:
        """Of all members."""
        return self.parts[0].stay.after

    @property
    def committed(self) -> int:
        """The last step that a member took for counted."""
        return max(part.committed for part in self.parts)

    def has_reached(self, step: int) -> bool:
        """Whether a later team may have gone on from there."""
        return any(block.last == step for part in self.parts for block in part.blocks)


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
    parts = [part for account in accounts for part in _parts(account)]
    teams = _teams(parts)
    sizes = _shard_rows(parts)
    way, end = _way(teams, accounts)
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


def _parts(account: Account) -> Iterator[Part]:
    """One for each stay; generations must grow, and steps follow each other."""
    stays = [place for place, line in enumerate(account.lines) if isinstance(line, Stay)]
    for place, following in pairwise([*stays, len(account.lines)]):
        stay, lines = account.lines[place], account.lines[place + 1 : following]
        assert isinstance(stay, Stay), "as it was looked for"
        blocks = tuple(line for line in lines if isinstance(line, Block))
        committed = max((line.committed for line in lines if isinstance(line, Commit)), default=stay.after)
        yield Part(account.file, stay, blocks, committed)
        later = account.lines[following] if following < len(account.lines) else None
        if isinstance(later, Stay) and later.generation <= stay.generation:
            late = f"generation {later.generation} comes after generation {stay.generation}"
            raise NotExactlyOnce(f"{account.file}: {late}; a team that is over was gone on with")


def _teams(parts: Sequence[Part]) -> list[Team]:
    """All that there were; each as if all that it committed counted."""
    members: dict[tuple[int, str], list[Part]] = {}
    for part in parts:
        members.setdefault((part.stay.generation, part.stay.team), []).append(part)
    for (generation, _), found in members.items():
        after = {part.stay.after for part in found}
        if len(after) > 1:
            steps = " and ".join(map(str, sorted(after)))
            raise NotExactlyOnce(f"generation {generation} began after different steps: {steps}")
    return [Team(tuple(found), max(part.committed for part in found)) for found in members.values()]


def _way(teams: Sequence[Team], accounts: Sequence[Account]) -> tuple[list[Team], End | None]:
    """The teams whose steps count, the first one first, and the end if it was reached."""
    if not teams:
        return [], None
    ends = [_end(team, accounts) for team in teams]
    *_, place = max((team.generation, ends[i] is not None, team.last, -i) for i, team in enumerate(teams))
    end = ends[-place]
    way = [teams[-place] if end is None else replace(teams[-place], last=end.done)]
    while way[0].after > 0:
        step, generation = way[0].after, way[0].generation
        earlier = [team for team in teams if team.generation < generation and team.has_reached(step)]
        if not earlier:
            raise NotExactlyOnce(f"generation {generation} goes on from step {step}, which no earlier one has reached")
        way.insert(0, replace(max(earlier, key=lambda team: (team.generation, team.committed >= step)), last=step))
    return way, end


def _end(team: Team, accounts: Sequence[Account]) -> End | None:
    """As the members of a team saw it."""
    files = {part.file for part in team.parts if part.committed == team.committed}
    ends = [line for account in accounts if account.file in files for line in account.lines if isinstance(line, End)]
    return ends[0] if ends else None


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
