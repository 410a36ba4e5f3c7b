"""How much of its throughput a team keeps that loses one of its workers again and again."""

import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from faults.team import Team
from lsml_trainer.elastic.ledger_check import check
from lsml_trainer.elastic.ledger_files import read_accounts

UNDISTURBED_SECONDS = 60.0
ENDLESS = {
    "deepLearning": {
        "network": {"mlp": {"hidden": [512, 512]}},
        "optimizer": {"adam": {}},
        "epochs": 1_000_000,
        "batchSize": 256,
    }
}
"""Two workers are faster at it than one: that one is missing can be told."""


class Kept(NamedTuple):
    """Shares of the undisturbed throughput that a disturbed team keeps."""

    of_its_own: float
    """Between the kills: undisturbed are the second halves of those times, and the machine was the same."""
    of_another: float
    """Undisturbed is another team, for a minute before and a minute after."""


def steady(seconds: float, every: float, workers: int) -> Kept:
    """With one of the workers killed, and replaced, each `every` seconds."""
    spells = max(1, round(seconds / every))
    calm = max(1, min(spells, round(UNDISTURBED_SECONDS / every)))
    before, disturbed, after = (_rates(*run, every, workers) for run in ((calm, False), (spells, True), (calm, False)))
    return Kept(disturbed.overall / disturbed.late, 2 * disturbed.overall / (before.overall + after.overall))


class Rates(NamedTuple):
    """Committed steps a second."""

    overall: float
    late: float
    """In the second halves of the spells."""


def _rates(spells: int, kills: bool, every: float, workers: int) -> Rates:
    """Of so many spells of `every` seconds, each of which begins with a kill, or none does; the proof is checked."""
    with tempfile.TemporaryDirectory(prefix="lsml-soak-") as folder, Team(Path(folder), ENDLESS, "digits") as team:
        names = [f"w{number}" for number in range(workers)]
        for name in names:
            team.join(name)
        team.until(lambda: all(team.step(name) > 0 for name in names), "all train")
        begin, late, started = max(map(team.step, names)), 0, time.monotonic()
        for spell in range(spells):
            if kills:
                victim = names.pop(0)
                team.workers[victim].kill()
                team.workers[victim].wait()
                names.append(f"w{len(team.workers)}")
                team.join(names[-1])
            half = _steps_at(started + (spell + 0.5) * every, team, names)
            end = _steps_at(started + (spell + 1) * every, team, names)
            late += end - half
        for name in names:
            team.workers[name].kill()
            team.workers[name].wait()
        assert check(read_accounts(team.ledger)).steps >= end, "what they told was committed"
        return Rates((end - begin) / (spells * every), late / (spells * every / 2))


def _steps_at(moment: float, team: Team, names: list[str]) -> int:
    time.sleep(max(0.0, moment - time.monotonic()))
    return max(map(team.step, names))
