"""What the workers of a team told the coordinator of themselves, and the team's report that is made of it.

A worker tells every second (`telling`), so a coordinator that was replaced knows as much as the one before it within
a second or two. Knows nothing of training.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from threading import Event, Lock, Thread

from pydantic import ValidationError

from lsml_trainer.job_token import shown
from lsml_trainer.spec import Report, Teammate

TELL_SECONDS = 1.0
SILENT_SECONDS = 10.0
"""Who said nothing for so long is a member no more; the last of all stays, and who has completed the job."""
MOST_WORKERS = 256
"""More names than that are not a job's: workers and the attempts before them."""

Clock = Callable[[], float]


class TeamReports:
    """The last report of each worker; any thread may put and read."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._told: dict[str, tuple[float, Report]] = {}

    def put(self, name: str, content: bytes) -> bool:
        """A worker told; False if it is no report, or no name."""
        try:
            report = Report.model_validate_json(content)
            _line(name, report)
        except ValidationError:
            return False
        with self._lock:
            self._told[name] = (self._clock(), report)
            self._forget()
        return True

    def current(self) -> Report | None:
        """The report of whoever is farthest, with a line for each worker; None before the first told."""
        with self._lock:
            self._forget()
            told = {name: report for name, (_, report) in sorted(self._told.items())}
        if not told:
            return None
        farthest = max(told.values(), key=_way)
        kept = max(told.values(), key=lambda report: (report.checkpoint and report.checkpoint.step) or -1).checkpoint
        team = tuple(_line(*one) for one in told.items())[:64]
        return farthest.model_copy(update={"checkpoint": kept, "team": team, **_of_the_team(list(told.values()))})

    def _forget(self) -> None:
        newest_first = sorted(self._told.items(), key=lambda item: -item[1][0])
        oldest = self._clock() - SILENT_SECONDS
        self._told = {
            name: told
            for number, (name, told) in enumerate(newest_first[:MOST_WORKERS])
            if number == 0 or told[0] >= oldest or told[1].stage == "Completed"
        }


def _way(report: Report) -> tuple[bool, bool, int]:
    """How far a worker is. What one has completed is complete, also when all the others have gone and one who came too
    late begins anew.
    """
    return report.stage == "Completed", report.model is not None, report.progress.step


def _of_the_team(reports: list[Report]) -> dict[str, object]:
    """What is the team's: who waits least for the others shows what the network itself costs; who needs most, needs."""
    shares = [report.time_shares for report in reports if report.time_shares is not None]
    return {
        "time_shares": min(shares, key=lambda one: one.exchanging, default=None),
        **{name: _most(reports, name) for name in ("peak_memory_bytes", "cpus")},
    }


def _most(reports: list[Report], name: str) -> float | None:
    return max((found for report in reports if (found := getattr(report, name)) is not None), default=None)


def _line(name: str, report: Report) -> Teammate:
    return Teammate(name=name, stage=report.stage, step=report.progress.step, step_seconds=report.step_seconds)


@contextmanager
def telling(address: str | None, name: str, source: Callable[[], Report], token: str | None = None) -> Iterator[None]:
    """Tells the coordinator at HOST:PORT while the block runs, and once more at its end; None: there is nobody to tell.

    It is shown the job's token, if there is one. A coordinator that does not answer is told again a second later.
    """
    if address is None:
        yield
        return
    over = Event()

    def tell() -> None:
        while True:
            last = over.wait(TELL_SECONDS)
            _post(address, f"/reports/{name}", source(), token)
            if last:
                return

    thread = Thread(target=tell, name="telling", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(2 * TELL_SECONDS)


def _post(address: str, path: str, report: Report, token: str | None) -> None:
    connection = HTTPConnection(address, timeout=TELL_SECONDS)  # past any proxy of the environment's
    try:
        connection.request("POST", path, report.to_json().encode(), shown(token))
        connection.getresponse().read()
    except (OSError, HTTPException):
        pass  # told again a second later
    finally:
        connection.close()
