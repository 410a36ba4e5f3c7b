"""How long the others stand still when one of three workers is killed with -9, by what it was doing.

Processes of this machine, which fork and so begin at once; the victim kills itself as soon as it comes to that phase.
Told is the time until one of the others commits its next block, by the ledger; of what comes after the last block, the
time until one of them is done with the whole job. A replacement is started, as the operator would.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

os.environ.setdefault("OMP_NUM_THREADS", "1")

from bench.harness import Options, Row, run
from faults.disturbed import AT_THE_END, PHASES, Disturbed, Fault
from faults.jobs import JOBS, environ_of, result, undisturbed
from ports import free_port

JOB = JOBS["sgd"]
STEP = 30
"""Of about a hundred: the team is in the midst of its work."""
BEFORE = {"healing": (Fault("kill", "committing", 10),)}
"""Somebody is lost first, whose replacement is healed."""
GOAL_SECONDS, WORST_SECONDS = 1.5, 3.0
LIMIT_SECONDS = 240.0
LOOK_SECONDS = 0.002


def seconds_without(phase: str, wanted: dict[str, bytes]) -> float:
    """Once; the job must end with the bytes of the undisturbed run."""
    before = BEFORE.get(phase, ())
    faults = (*before, Fault("kill", phase, STEP if phase in ("block", "committing") else 0))
    with tempfile.TemporaryDirectory(prefix="lsml-bench-") as text:
        folder, ended, found = Path(text), Event(), list[float]()
        environ = {**environ_of(JOB, folder), "LSML_COORDINATOR": f"127.0.0.1:{free_port()}"}
        with Disturbed(folder, environ, faults, workers=3) as team:
            claim = folder / f"fault-{len(before)}"
            watcher = Thread(target=lambda: found.append(_standstill(team, claim, ended, phase in AT_THE_END)))
            watcher.start()
            is_done = team.done(LIMIT_SECONDS)
            ended.set()
            watcher.join()
        assert is_done, f"not done after {LIMIT_SECONDS:.0f} s"
        assert team.fired == faults, f"only {team.fired} happened"
        assert result(folder) == wanted, "the weights or the predictions are others"
        return found[0]


def _standstill(team: Disturbed, claim: Path, ended: Event, until_the_end: bool) -> float:
    """From the kill until the others go on."""
    names: dict[int, str] = {}
    while not (claim.exists() and claim.read_text()) and not ended.wait(LOOK_SECONDS):
        names |= team.names
    killed, victim = time.monotonic(), names.get(int(claim.read_text()), "nobody")
    before = _committed(team, victim)
    while not ended.wait(LOOK_SECONDS) and (until_the_end or _committed(team, victim) == before):
        pass
    return time.monotonic() - killed


def _committed(team: Disturbed, victim: str) -> int:
    """The blocks of all others."""
    files = [file for file in (team.folder / "ledger").glob("*") if not file.name.startswith(f"{victim}-")]
    return sum(file.read_bytes().count(b'"committed"') for file in files)


def main(options: Options) -> Iterator[Row]:
    """A row for each phase."""
    wanted = undisturbed(JOB)
    for phase in PHASES:
        case = f"killed, {phase}"
        if options.wants(case):
            took = [seconds_without(phase, wanted) for _ in range(options.rounds)]
            worst = f"worst {max(took):.2f} s of {len(took)} (at most {WORST_SECONDS:g} s)"
            then = ", until the job is done" if phase in AT_THE_END else ""
            middle = statistics.median(took)
            yield Row(case, f"{middle:.2f} s", goal=f"{GOAL_SECONDS:g} s", quality=worst + then)


if __name__ == "__main__":
    run(__file__, main)
