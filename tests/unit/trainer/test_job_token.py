"""Whoever shows a job's token is told how far it is, and believed; nobody else is."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from lsml_trainer.client import Client, client_from
from lsml_trainer.job_token import Guard, guard_of, shown, token_of
from lsml_trainer.progress_server import serving
from lsml_trainer.spec import Progress, Report
from lsml_trainer.team_reports import TeamReports, telling

TOKEN = "0123456789abcdef" * 4
A_REPORT = Report(stage="Training", progress=Progress(step=5, updated_at="2025-06-01T12:00:00Z"))
GUARDED = Guard(TOKEN)

Answer = tuple[int, str]


def asked(port: int, method: str, path: str, authorization: str | None) -> Answer:
    """The status, and the answer's words."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        body = A_REPORT.to_json().encode() if method == "POST" else None
        connection.request(method, path, body, {} if authorization is None else {"Authorization": authorization})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.fixture
def team() -> TeamReports:
    return TeamReports()


@pytest.fixture
def guarded(team: TeamReports) -> Iterator[int]:
    """The port of a coordinator with a token, which a worker has told of itself."""
    assert team.put("w0-0", A_REPORT.to_json().encode())
    with serving("127.0.0.1", 0, team.current, team.put, GUARDED) as port:
        yield port


STRANGERS = {
    "nothing": None,
    "another token": f"Bearer {TOKEN[::-1]}",
    "a part of it": f"Bearer {TOKEN[:-1]}",
    "more than it": f"Bearer {TOKEN}0",
    "the token alone": TOKEN,
    "another scheme": f"Basic {TOKEN}",
    "no token": "Bearer ",
    "letters of another alphabet": "Bearer \xe9\xfc",
}
REFUSED = "the job's token is wanted (Authorization: Bearer TOKEN); its pods and the operator have it\n"


@pytest.mark.parametrize("authorization", STRANGERS.values(), ids=STRANGERS)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/progress"), ("GET", "/metrics"), ("POST", "/reports/w1-0"), ("GET", "/x")]
)
def test_a_stranger_is_told_why_and_nothing_else(
    guarded: int, team: TeamReports, method: str, path: str, authorization: str | None
) -> None:
    assert asked(guarded, method, path, authorization) == (401, REFUSED)
    report = team.current()
    assert report is not None
    assert [worker.name for worker in report.team] == ["w0-0"]


def test_who_shows_the_token_is_answered_and_believed(guarded: int, team: TeamReports) -> None:
    status, body = asked(guarded, "GET", "/progress", f"Bearer {TOKEN}")
    assert (status, Report.model_validate_json(body)) == (200, team.current())
    assert asked(guarded, "GET", "/metrics", f"Bearer {TOKEN}")[0] == 200
    assert asked(guarded, "POST", "/reports/w1-0", f"Bearer {TOKEN}")[0] == 204
    assert asked(guarded, "GET", "/x", f"Bearer {TOKEN}")[0] == 404


def test_the_kubelet_needs_none(guarded: int) -> None:
    assert asked(guarded, "GET", "/healthz", None) == (200, "ok\n")


@pytest.mark.parametrize("authorization", [None, f"Bearer {TOKEN}"], ids=["without one", "with one"])
def test_a_worker_without_a_token_answers_everybody(authorization: str | None) -> None:
    """Such as one that an operator of before has made, whose successor shows each its token."""
    with serving("127.0.0.1", 0, lambda: A_REPORT) as port:
        assert asked(port, "GET", "/progress", authorization)[0] == 200


def test_workers_and_programs_of_ones_own_show_it(guarded: int, team: TeamReports) -> None:
    for name, token in (("w1-0", TOKEN), ("w2-0", None)):
        with telling(f"127.0.0.1:{guarded}", name, lambda: A_REPORT, token):
            pass
    for name, token in (("w3-0", TOKEN), ("w4-0", None)):
        client = Client(f"127.0.0.1:{guarded}", name, token)
        client.put(7, None, None, {})
        client.post()
    report = team.current()
    assert report is not None
    assert [worker.name for worker in report.team] == ["w0-0", "w1-0", "w3-0"]


# From the environment


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """As the kubelet writes it."""
    path = tmp_path / "token"
    path.write_text(TOKEN)
    return path


def test_it_is_in_the_file_that_the_environment_names(file: Path) -> None:
    environ = {"LSML_TOKEN_FILE": str(file)}
    assert token_of(environ) == TOKEN
    assert guard_of(environ) == Guard(TOKEN, ("/healthz",))
    assert guard_of(environ | {"LSML_OPEN_METRICS": "true"}) == Guard(TOKEN, ("/healthz", "/metrics"))
    assert (token_of({}), guard_of({})) == (None, Guard(None))
    assert (shown(TOKEN), shown(None)) == ({"Authorization": f"Bearer {TOKEN}"}, {})


def test_who_should_have_one_does_not_go_on_without(file: Path) -> None:
    file.write_text("\n")
    with pytest.raises(ValueError, match=r"^LSML_TOKEN_FILE: .*/token is empty; it holds the job's token$"):
        guard_of({"LSML_TOKEN_FILE": str(file)})
    file.unlink()
    with pytest.raises(FileNotFoundError):
        guard_of({"LSML_TOKEN_FILE": str(file)})


def test_a_program_of_ones_own_goes_on_whatever_becomes_of_its_token(file: Path) -> None:
    environ = {"LSML_REPORT_TO": "127.0.0.1:9", "LSML_WORKER": "w0-0", "LSML_TOKEN_FILE": str(file)}
    headers = []
    for _ in range(2):
        client = client_from(environ)
        assert client is not None
        headers.append(client._headers)
        file.unlink(missing_ok=True)
    assert json.dumps(headers) == json.dumps([shown(TOKEN), {}])
