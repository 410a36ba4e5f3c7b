"""The teams of a training, and those whose steps count. Pure: judges accounts that were read.

A team goes on from a step that an earlier one has reached, so there is one way back from the end to the first step, and
what is on it counts: of each team, the steps up to where the next one began (`Stay.after`). Until there is an end, the
way is that of the last team.

    generation 1   steps   1 ───────── 120 ─ ─ 130     121 to 130 were lost with their workers
    generation 2                       121 ──────────── 300
    generation 2                       121 ─ ─ 140     dropped: another team, which could not hear the first
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from lsml_trainer.elastic.ledger_files import Account
from lsml_trainer.elastic.ledger_lines import Block, Commit, End, Stay
from lsml_trainer.errors import NotExactlyOnce


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


def parts_of(account: Account) -> Iterator[Part]:
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


def teams_of(parts: Sequence[Part]) -> list[Team]:
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


def way_of(teams: Sequence[Team], accounts: Sequence[Account]) -> tuple[list[Team], End | None]:
    """The teams whose steps count, the first one first, and the end if it was reached."""
    if not teams:
        return [], None
    ends = [_end(team, accounts) for team in teams]
    *_, place = max((ends[i] is not None, team.generation, team.last, -i) for i, team in enumerate(teams))
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
