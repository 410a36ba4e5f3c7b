"""Who is shown what, over real HTTP; and what every answer carries."""

import re

import pytest

from lsml_operator.client import ApiError, Unreachable
from lsml_operator.dashboard import streams
from lsml_operator.dashboard.board import Board
from lsml_operator.dashboard.security import HEADERS
from lsml_operator.dashboard.session import COOKIE
from unit.operator.builders import a_pod_body
from unit.operator.cli.seen import a_running_job, an_event
from unit.operator.dashboard.cluster import Cluster, as_user, first_message, served
from unit.operator.dashboard.test_board import a_named_job


def a_board() -> Board:
    board = Board(lambda: 0.0)
    board.replace_jobs([a_running_job(), a_named_job("wine", "other")])
    board.replace_pods([a_pod_body(0)])
    return board


SHOWN = {"ann": {"team/iris", "other/wine"}, "bob": {"team/iris"}, "eve": set()}


@pytest.mark.parametrize(("user", "wanted"), SHOWN.items(), ids=SHOWN)
async def test_who_is_shown_which_jobs(user: str, wanted: set[str]) -> None:
    async with served(a_board(), Cluster()) as client, client.get("/api/jobs", headers=as_user(user)) as answer:
        rows = (await first_message(answer))["rows"]
    assert {f"{row['namespace']}/{row['name']}" for row in rows} == wanted


UNKNOWN = {
    "nobody": ({}, "no token was sent"),
    "a stranger": (as_user("mallory"), "this token is not, or not any more, one of the cluster's"),
    "what is no token": ({"Authorization": "Bearer a b"}, "this token is not, or not any more, one of the cluster's"),
    "another scheme": ({"Authorization": "Basic YTpi"}, "no token was sent"),
}


@pytest.mark.parametrize("path", ["/api/jobs", "/api/jobs/team/iris"])
@pytest.mark.parametrize(("headers", "sentence"), UNKNOWN.values(), ids=UNKNOWN)
async def test_who_is_not_known_is_shown_nothing(headers: dict[str, str], sentence: str, path: str) -> None:
    async with served(a_board(), Cluster()) as client, client.get(path, headers=headers) as answer:
        assert (answer.status, await answer.text()) == (401, sentence)


async def test_a_job_with_its_pods_and_events() -> None:
    cluster = Cluster(events=[an_event("Running", "training")])
    async with (
        served(a_board(), cluster) as client,
        client.get("/api/jobs/team/iris", headers=as_user("ann")) as answer,
    ):
        job = await first_message(answer)
    assert (job["name"], job["phase"], job["reason"]) == ("iris", "Running", "Running")
    assert [worker["name"] for worker in job["workers"]] == ["w0", "w1", "w2"]
    assert [event["reason"] for event in job["events"]] == ["Running"]
    assert job["history"]["metrics"] == {"loss": [0.1234], "accuracy": [0.98]}


async def test_who_may_not_list_pods_or_events_is_shown_none() -> None:
    cluster = Cluster(events=[an_event("Running", "training")])
    board = a_board()
    failed = a_pod_body(0, "Failed", terminated={"exitCode": 1, "reason": "Error"})
    board.take_pod("MODIFIED", failed | {"spec": {"nodeName": "secret-node"}})
    async with (
        served(board, cluster) as client,
        client.get("/api/jobs/team/iris", headers=as_user("bob")) as answer,
    ):
        told = str(await first_message(answer))
    assert ("secret-node" in told, "'events': []" in told) == (False, True)


async def test_a_job_of_a_namespace_that_one_may_not_list_is_refused_whether_it_is_there_or_not() -> None:
    async with served(a_board(), Cluster()) as client:
        for name in ("wine", "nothing"):
            async with client.get(f"/api/jobs/other/{name}", headers=as_user("bob")) as answer:
                said = "bob may not list TrainingJobs in namespace other"
                assert (answer.status, await answer.text()) == (403, said)


async def test_a_job_that_is_not_there() -> None:
    async with (
        served(a_board(), Cluster()) as client,
        client.get("/api/jobs/team/nothing", headers=as_user("ann")) as answer,
    ):
        assert await first_message(answer) is None


async def test_answers_of_the_api_server_are_kept_and_asked_anew() -> None:
    cluster, now = Cluster(), [0.0]
    async with served(a_board(), cluster, now) as client:
        for seconds, wanted in ((0.0, 2), (29.0, 2), (31.0, 4)):
            now[0] = seconds
            async with client.get("/api/jobs", headers=as_user("ann")) as answer:
                await first_message(answer)
            assert cluster.reviews() == wanted


async def test_a_stream_ends_with_the_right_to_see_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "APART_SECONDS", 0.0)
    monkeypatch.setattr(streams, "QUIET_SECONDS", 0.01)
    cluster, now = Cluster(), [0.0]
    async with (
        served(a_board(), cluster, now) as client,
        client.get("/api/jobs/team/iris", headers=as_user("bob")) as answer,
    ):
        await first_message(answer)
        cluster.rights["bob"] = []
        now[0] = 31.0
        async for _ in answer.content:  # it ends, or the test does not
            pass


async def test_what_changes_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "APART_SECONDS", 0.0)
    board = a_board()
    async with served(board, Cluster()) as client, client.get("/api/jobs", headers=as_user("ann")) as answer:
        assert (await first_message(answer))["whole"] is True
        board.take_job("MODIFIED", a_named_job("wine", "other", version="2", phase="Failed"))
        news = await first_message(answer)
    assert ([(row["name"], row["phase"]) for row in news["rows"]], news["whole"]) == ([("wine", "Failed")], False)


# Signing in


async def test_a_token_becomes_a_cookie_that_no_script_can_read() -> None:
    async with served(a_board(), Cluster()) as client:
        async with client.post("/api/session", data={"token": " ann-token\n"}) as answer:
            assert (answer.status, await answer.json()) == (200, {"user": "ann"})
            cookie = answer.headers["Set-Cookie"]
        assert cookie == f"{COOKIE}=ann-token; HttpOnly; Path=/; SameSite=Strict; Secure"
        async with client.get("/api/session", headers={"Cookie": f"{COOKIE}=ann-token"}) as answer:
            assert await answer.json() == {"user": "ann"}
        async with client.get("/api/session") as answer:
            assert await answer.json() == {"user": None}
        async with client.delete("/api/session") as answer:
            assert 'lsml-token=""; ' in answer.headers["Set-Cookie"]
            assert "Max-Age=0" in answer.headers["Set-Cookie"]


REFUSED = {
    "a stranger's": ("mallory-token", {}, 401, "the cluster does not know this token, or it has expired"),
    "none": ("", {}, 400, "a token is letters, digits and ._~+/=- alone"),
    "what would be a header": ("a\r\nb", {}, 400, "a token is letters, digits and ._~+/=- alone"),
    "what no browser keeps": (
        "a" * 4000,
        {},
        400,
        "this token is longer than what a browser keeps: send it as a header, by a proxy",
    ),
    "from elsewhere": (
        "ann-token",
        {"Sec-Fetch-Site": "cross-site"},
        403,
        "another site's form may not sign anybody in",
    ),
}


@pytest.mark.parametrize(("token", "headers", "code", "sentence"), REFUSED.values(), ids=REFUSED)
async def test_a_token_that_is_not_taken(token: str, headers: dict[str, str], code: int, sentence: str) -> None:
    async with (
        served(a_board(), Cluster()) as client,
        client.post("/api/session", data={"token": token}, headers=headers) as answer,
    ):
        assert (answer.status, await answer.text()) == (code, sentence)
        assert "Set-Cookie" not in answer.headers


# What every answer carries


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/static/another/main.js",
        "/static/another/app.py",
        "/api/jobs",
        "/nothing",
        "/healthz",
        "/static/../app.py",
    ],
)
async def test_every_answer_says_what_a_browser_may_do_with_it(path: str) -> None:
    async with served(a_board(), Cluster()) as client, client.get(path) as answer:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        assert answer.headers["Cache-Control"] in ("no-store", "no-cache")


async def test_the_pages_files_are_not_sent_twice() -> None:
    async with served(a_board(), Cluster()) as client:
        async with client.get("/") as answer:
            page, tag = await answer.text(), answer.headers["ETag"]
        async with client.get("/", headers={"If-None-Match": tag}) as answer:
            assert answer.status == 304
        named = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
        assert len(named) > 20
        for path in named:
            async with client.get(path) as answer:
                assert answer.status == 200
                assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


TROUBLES = {
    "nobody answers": (Unreachable("refused"), 503, "the API server cannot be reached: refused"),
    "it refuses": (ApiError(403, "no"), 502, "the API server refused the dashboard: no"),
}


@pytest.mark.parametrize(("trouble", "code", "sentence"), TROUBLES.values(), ids=TROUBLES)
async def test_an_api_server_in_trouble_is_a_sentence(trouble: Exception, code: int, sentence: str) -> None:
    cluster = Cluster()
    cluster.trouble = trouble
    async with served(a_board(), cluster) as client, client.get("/api/jobs", headers=as_user("ann")) as answer:
        assert (answer.status, await answer.text()) == (code, sentence)


async def test_it_is_ready_once_jobs_are_listed() -> None:
    for board, wanted in ((Board(lambda: 0.0), 503), (a_board(), 200)):
        async with served(board, Cluster()) as client, client.get("/readyz") as answer:
            assert answer.status == wanted
