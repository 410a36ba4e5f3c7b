"""What the dashboard knows of all jobs, and to whom it has told what."""

import asyncio

from lsml_operator.dashboard.board import Board
from lsml_operator.dashboard.streams import RowsSent
from unit.operator.builders import Json, a_job_body, a_pod_body


def a_board(*jobs: Json) -> Board:
    board = Board(lambda: 0.0)
    board.replace_jobs(jobs)
    return board


def a_named_job(name: str, namespace: str = "team", version: str = "1", phase: str = "Running", uid: str = "") -> Json:
    body = a_job_body(status={"phase": phase}, name=name, namespace=namespace, resourceVersion=version)
    body["metadata"]["uid"] = uid or f"uid-{namespace}-{name}"
    return body


def told(sent: RowsSent, board: Board, *namespaces: str) -> tuple[list[str], list[str]] | None:
    """The names of the rows that are sent, and of those that went."""
    message = sent.news(board, set(namespaces or ("team",)))
    if message is None:
        return None
    return [row["name"] for row in message[1]["rows"]], [name for _, name in message[1]["gone"]]


def test_a_reader_is_first_told_all_and_then_what_changed() -> None:
    board, sent = a_board(a_named_job("iris"), a_named_job("wine")), RowsSent()
    assert told(sent, board) == (["iris", "wine"], [])
    assert told(sent, board) is None
    board.take_job("MODIFIED", a_named_job("wine", version="2", phase="Failed"))
    assert told(sent, board) == (["wine"], [])


def test_a_change_that_no_row_shows_is_not_told() -> None:
    board, sent = a_board(a_named_job("iris")), RowsSent()
    told(sent, board)
    board.take_job("MODIFIED", a_named_job("iris", version="2"))
    assert told(sent, board) is None
    assert board.version(("team", "iris")) == 2


def test_a_reader_without_a_job_is_told_so_at_first() -> None:
    assert told(RowsSent(), a_board()) == ([], [])


def test_what_went_is_told_whether_it_was_seen_to_go_or_not() -> None:
    board, sent = a_board(a_named_job("iris"), a_named_job("wine")), RowsSent()
    told(sent, board)
    board.take_job("DELETED", a_named_job("iris", version="2"))
    assert told(sent, board) == ([], ["iris"])
    board.replace_jobs([])
    assert told(sent, board) == ([], ["wine"])


def test_a_namespace_that_the_reader_may_not_see_any_more_goes() -> None:
    board, sent = a_board(a_named_job("iris"), a_named_job("wine", "other")), RowsSent()
    assert told(sent, board, "team", "other") == (["iris", "wine"], [])
    assert told(sent, board, "team") == ([], ["wine"])


def test_a_job_of_the_same_name_has_a_history_of_its_own() -> None:
    board = a_board(a_named_job("iris"))
    before = board.job(("team", "iris"))
    board.take_job("ADDED", a_named_job("iris", uid="another"))
    after = board.job(("team", "iris"))
    assert before is not None
    assert after is not None
    assert before[1] is not after[1]


def test_a_jobs_pods_are_news_of_it() -> None:
    board = a_board(a_named_job("iris"))
    before = board.version(("team", "iris"))
    pod = a_pod_body(0)
    board.take_pod("ADDED", pod)
    assert board.version(("team", "iris")) > before
    assert board.pods(("team", "iris")) == [pod]
    board.take_pod("DELETED", pod)
    assert board.pods(("team", "iris")) == []
    board.replace_pods([pod])
    assert board.pods(("team", "iris")) == [pod]


async def test_who_waits_is_woken() -> None:
    board = a_board(a_named_job("iris"))
    waiting = asyncio.create_task(board.news(60))
    await asyncio.sleep(0)
    board.take_job("DELETED", a_named_job("iris"))
    await asyncio.wait_for(waiting, 60)


async def test_who_waits_in_vain_goes_on_after_a_while() -> None:
    await a_board().news(0)
