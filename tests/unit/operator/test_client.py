"""Requests over real HTTP, and the errors that the rest of the operator tells apart."""

import asyncio

import pytest

from lsml_operator.client import APPLY_PATCH, ApiError, Unreachable, wait_for_the_resource
from unit.operator.api_server import ApiServer, Asked, lines
from unit.operator.builders import Json

POD = "/api/v1/namespaces/team/pods/iris-w0-0"
PODS = "/api/v1/pods"


async def test_raw_json_both_ways(api: ApiServer) -> None:
    """Fields that the package's models do not know arrive, too."""
    body = {"kind": "Pod", "spec": {"aFieldOf2031": [1, None, "学"]}}
    api.says({"kind": "Pod", "answer": 42})
    assert await api.client.request("PATCH", POD, body, APPLY_PATCH, {"force": "true"}) == {"kind": "Pod", "answer": 42}
    assert api.asked == [Asked("PATCH", POD, body, APPLY_PATCH, {"force": "true"})]


async def test_an_empty_answer_is_an_empty_document(api: ApiServer) -> None:
    api.says_text("", 200)
    assert await api.client.request("GET", POD) == {}


async def test_an_error_says_what_the_server_said(api: ApiServer) -> None:
    api.refuses(403, "Forbidden", "pods is forbidden")
    with pytest.raises(ApiError) as error:
        await api.client.request("GET", POD)
    said = error.value
    assert (said.code, said.reason, said.message, said.retry_after_seconds) == (
        403,
        "Forbidden",
        "pods is forbidden",
        None,
    )
    assert str(said) == "403 Forbidden: pods is forbidden"


RETRY_AFTER = {"a second": ("1", 1.0), "a minute": ("60", 60.0), "a date, which nobody sends": ("Sun, 01 Jun", None)}


@pytest.mark.parametrize(("header", "wanted"), RETRY_AFTER.values(), ids=RETRY_AFTER)
async def test_retry_after(api: ApiServer, header: str, wanted: float | None) -> None:
    """FAULTS 6."""
    api.refuses(429, "TooManyRequests", "later", Retry_After=header)
    with pytest.raises(ApiError) as error:
        await api.client.request("GET", POD)
    assert (error.value.retry_after_seconds, error.value.transient) == (wanted, True)
    assert len(api.asked) == 1, "the queue tries again, not the package"


TRANSIENT = {400: False, 401: False, 403: False, 404: False, 408: True, 409: False, 410: False, 422: False, 429: True}
TRANSIENT |= {500: True, 502: True, 503: True, 504: True}


@pytest.mark.parametrize(("code", "wanted"), TRANSIENT.items())
def test_what_may_succeed_later_by_itself(code: int, wanted: bool) -> None:
    assert ApiError(code, "").transient is wanted


async def test_something_before_the_server_answers_in_no_json(api: ApiServer) -> None:
    """FAULTS 7."""
    api.says_text("<html>Bad Gateway</html>", 502)
    with pytest.raises(ApiError, match=r"^502 : <html>Bad Gateway</html>$"):
        await api.client.request("GET", POD)


async def test_no_answer_in_time(api: ApiServer) -> None:
    api.hangs()
    with pytest.raises(Unreachable):
        await api.client.request("GET", POD, time_limit_seconds=0.05)


async def test_nobody_there(api: ApiServer) -> None:
    api.client.api_client.configuration.host = "http://127.0.0.1:1"
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1"):
        await api.client.request("GET", POD)


async def test_an_answer_that_is_cut_short(api: ApiServer) -> None:
    api.streams(b'{"kind": "P', cut=True)
    with pytest.raises(Unreachable):
        await api.client.request("GET", POD)


# Watches


def event(type_: str = "MODIFIED", size: int = 0) -> Json:
    return {"type": type_, "object": {"kind": "Pod", "padding": "x" * size}}


async def watch(api: ApiServer) -> list[Json]:
    return [event async for event in api.client.watch(PODS, {"labelSelector": "a"})]


async def test_a_watch_until_the_server_ends_it(api: ApiServer) -> None:
    api.streams(lines(event("ADDED"), event()), lines(event("BOOKMARK")))
    assert await watch(api) == [event("ADDED"), event(), event("BOOKMARK")]
    assert [asked.query for asked in api.asked] == [
        {"labelSelector": "a", "watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": "60"}
    ]


async def test_lines_come_in_any_pieces_and_any_length(api: ApiServer) -> None:
    wire = lines(event(), event(size=300_000), event())
    api.streams(*(wire[at : at + 50_001] for at in range(0, len(wire), 50_001)))
    assert await watch(api) == [event(), event(size=300_000), event()]


async def test_an_error_event(api: ApiServer) -> None:
    """FAULTS 8, 9."""
    gone = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}}
    api.streams(lines(event(), gone, event()))
    with pytest.raises(ApiError) as error:
        await watch(api)
    assert (error.value.code, error.value.reason) == (410, "Expired")


BROKEN: dict[str, tuple[bytes, bool]] = {
    "cut in the middle of a line": (lines(event())[:-9], False),
    "cut at the end of a line's text": (lines(event())[:-1], False),
    "the connection breaks": (lines(event()), True),
    "no JSON": (b"<html>\n", False),
}


@pytest.mark.parametrize(("wire", "cut"), BROKEN.values(), ids=BROKEN)
async def test_a_watch_that_breaks(api: ApiServer, wire: bytes, cut: bool) -> None:
    """FAULTS 11."""
    api.streams(wire, cut=cut)
    with pytest.raises(Unreachable, match=r"^the watch of /api/v1/pods broke: "):
        await watch(api)


async def test_a_watch_that_cannot_begin(api: ApiServer) -> None:
    api.refuses(410, "Expired", "too old")
    with pytest.raises(ApiError, match=r"^410 Expired: too old$"):
        await watch(api)


# The resource may come after the operator

WAITS: dict[str, tuple[list[int], int]] = {
    "it is there": ([], 1),
    "it is there, and only one namespace is ours": ([403], 1),
    "its definition comes later": ([404, 404], 3),
    "the API server comes later": ([503, 500], 3),
}


@pytest.mark.parametrize(("refusals", "asked"), WAITS.values(), ids=WAITS)
async def test_waiting_for_the_resource(
    api: ApiServer, refusals: list[int], asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleep = asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", lambda _: sleep(0))
    for code in refusals:
        api.refuses(code)
    api.says({"items": []})
    alive: list[bool] = []
    await wait_for_the_resource(api.client, lambda: alive.append(True))
    assert [request.path for request in api.asked] == ["/apis/lsml.dev/v1alpha1/trainingjobs"] * asked
    assert len(alive) == asked - 1  # whoever waits lives
