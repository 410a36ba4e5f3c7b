"""How long a team of two stands still when one of them is killed with -9.

From the kill to the next step that the survivor has committed, as it tells itself (every 0.25 s, which is in the
figures); then a new worker joins, and it is the other one's turn.
"""

import signal
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.harness import Options, Row, run
from faults.team import Team

NETWORK = {"network": {"mlp": {"hidden": [64]}}, "optimizer": {"adam": {}}, "epochs": 1_000_000, "batchSize": 64}


def stood_still_seconds(team: Team, victim: str, survivor: str) -> float:
    """Kills the victim; until the survivor has committed two reports more, of which the first may be older."""
    before = team.step(survivor)
    killed = time.monotonic()
    team.send(victim, signal.SIGKILL)
    after = before
    while after <= before:
        time.sleep(0.01)
        after = team.step(survivor)
    # The first news may be of a block that was committed just before the kill: wait for one that cannot be.
    while team.step(survivor) <= after:
        time.sleep(0.01)
    return time.monotonic() - killed


def main(options: Options) -> Iterator[Row]:
    """One row: the median and the worst of the rounds."""
    figures = []
    with tempfile.TemporaryDirectory() as folder, Team(Path(folder), {"deepLearning": NETWORK}, "digits") as team:
        survivor, victim = "w0", "w1"
        team.join(survivor)
        team.join(victim)
        for number in range(options.rounds):
            team.until(lambda: team.step(survivor) > 0 and team.step(victim) > 0, "both train")  # noqa: B023
            time.sleep(1)
            figures.append(stood_still_seconds(team, victim, survivor))
            survivor, victim = f"w{number + 2}", survivor
            team.join(survivor)
    worst = f"worst {max(figures):.2f} s of {len(figures)}"
    yield Row("one of two killed", f"{statistics.median(figures):.2f} s", quality=worst)


if __name__ == "__main__":
    run(__file__, main)
