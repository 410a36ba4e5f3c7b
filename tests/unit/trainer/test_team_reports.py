"""What a coordinator knows of its workers: what they told, as long as they tell."""

from collections.abc import Callable
from http.client import HTTPConnection

import pytest

from lsml_trainer.progress_server import serving
from lsml_trainer.spec import Progress, Report, SavedModel, Teammate, TimeShares
from lsml_trainer.team_reports import MOST_WORKERS, SILENT_SECONDS, TeamReports, telling

NOW = "2026-01-01T00:00:00Z"


def a_report(step: int, **fields: object) -> Report:
    return Report.model_validate({"stage": "Training", "progress": Progress(step=step, updated_at=NOW), **fields})


def told(clock: Callable[[], float] = lambda: 0.0, **reports: Report) -> TeamReports:
    """By each of them; their names are written with _."""
    team = TeamReports(clock)
    for name, report in reports.items():
        assert team.put(name.replace("_", "-"), report.to_json().encode())
    return team


def test_before_anybody_told_there_is_nothing_to_say() -> None:
    assert TeamReports().current() is None


def test_whoever_is_farthest_speaks_for_the_team() -> None:
    report = told(w1_0=a_report(7, step_seconds=0.5), w0_2=a_report(9), w2_0=a_report(0, stage="LoadingData")).current()
    assert report == a_report(9).model_copy(
        update={
            "team": (
                Teammate(name="w0-2", stage="Training", step=9),
                Teammate(name="w1-0", stage="Training", step=7, step_seconds=0.5),
                Teammate(name="w2-0", stage="LoadingData", step=0),
            )
        }
    )


def test_one_with_a_model_is_farther_than_one_that_trains() -> None:
    model = SavedModel(uri="pvc://models/a", digest="sha256:0")
    report = told(w0_0=a_report(9), w1_0=a_report(8, model=model)).current()
    assert report is not None
    assert report.model == model


def test_what_was_completed_is_not_undone_by_one_who_came_too_late() -> None:
    """Without an output no model tells it; and who has completed the job soon says nothing any more."""
    now = 0.0
    team = told(lambda: now, w0_0=a_report(9, stage="Completed"))
    now = 2 * SILENT_SECONDS
    team.put("w1-0", a_report(1).to_json().encode())
    report = team.current()
    assert report is not None
    assert (report.stage, report.progress.step) == ("Completed", 9)


def test_who_is_silent_is_a_member_no_more_but_the_last_one_stays() -> None:
    now = 0.0
    team = told(lambda: now, w0_0=a_report(1))
    now = SILENT_SECONDS
    team.put("w1-0", a_report(2).to_json().encode())
    assert names(team) == ["w0-0", "w1-0"]
    now = SILENT_SECONDS + 1
    assert names(team) == ["w1-0"]
    now = 1000 * SILENT_SECONDS
    assert names(team) == ["w1-0"]


def names(team: TeamReports) -> list[str]:
    report = team.current()
    assert report is not None
    return [worker.name for worker in report.team]


WRONG = {
    "no JSON": ("w0-0", b"hello"),
    "no report": ("w0-0", b"{}"),
    "no name": ("../w0", a_report(1).to_json().encode()),
}


@pytest.mark.parametrize(("name", "content"), WRONG.values(), ids=WRONG)
def test_what_is_no_report_is_not_taken(name: str, content: bytes) -> None:
    team = TeamReports()
    assert not team.put(name, content)
    assert team.current() is None


def test_absurdly_many_names_are_not_kept() -> None:
    team = told(**{f"w{number}": a_report(number) for number in range(MOST_WORKERS + 9)})
    assert len(team._told) == MOST_WORKERS
    report = team.current()
    assert report is not None
    assert len(report.team) == 64


def test_a_worker_tells_over_http_at_its_end_at_the_latest() -> None:
    team = TeamReports()
    with serving("127.0.0.1", 0, team.current, team.put) as port:
        assert asked(port, "GET", "/progress")[0] == 503
        with telling(f"127.0.0.1:{port}", "w0-0", lambda: a_report(5, step_seconds=0.25)):
            pass
        assert names(team) == ["w0-0"]
        status, body = asked(port, "GET", "/progress")
        assert (status, Report.model_validate_json(body)) == (200, team.current())
        assert 'lsml_worker_step{worker="w0-0"} 5.0' in asked(port, "GET", "/metrics")[1]
        assert 'lsml_worker_step_seconds{worker="w0-0"} 0.25' in asked(port, "GET", "/metrics")[1]
        assert asked(port, "POST", "/reports/w0-0", b"hello")[0] == 400
        assert asked(port, "POST", "/other", b"hello")[0] == 404


def test_a_worker_alone_takes_no_reports() -> None:
    with serving("127.0.0.1", 0, lambda: a_report(1)) as port:
        assert asked(port, "POST", "/reports/w0-0", b"{}")[0] == 404


def test_nobody_to_tell_and_nobody_who_listens_are_no_matter() -> None:
    for address in (None, "127.0.0.1:1"):
        with telling(address, "w0-0", lambda: a_report(5)):
            pass


def asked(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_a_team_needs_what_the_neediest_does_and_its_network_costs_what_nobody_waits_less_for() -> None:
    """Who waits longer for the others waits for somebody who is slower, not for the network."""
    slow, quick = TimeShares(computing=0.9, exchanging=0.1), TimeShares(computing=0.2, exchanging=0.8)
    said = told(
        w0_0=a_report(5, time_shares=quick, peak_memory_bytes=10, cpus=0.5, rows=100),
        w1_0=a_report(4, time_shares=slow, peak_memory_bytes=30, cpus=0.25),
        w2_0=a_report(3),
    ).current()
    assert said is not None
    assert (said.time_shares, said.peak_memory_bytes, said.cpus, said.rows) == (slow, 30, 0.5, 100)
