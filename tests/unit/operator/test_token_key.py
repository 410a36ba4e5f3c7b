"""The key is made by whoever comes first, and waited for where it cannot be had."""

import base64
import logging

import pytest

from lsml_operator import token_key as module
from lsml_operator.client import ApiError, Unreachable
from lsml_operator.token_key import token_key
from unit.operator.builders import TOKEN_KEY, Json
from unit.operator.fake_client import Answer, FakeClient

SECRETS = "/api/v1/namespaces/lsml-system/secrets"
KEY_SECRET = f"{SECRETS}/lsml-token-key"
NOT_FOUND, TAKEN = ApiError(404, "none", "NotFound"), ApiError(409, "taken", "AlreadyExists")
FORBIDDEN, AWAY = ApiError(403, "no", "Forbidden"), Unreachable("timeout")
READ, MADE = ("GET", KEY_SECRET), ("POST", SECRETS)


def a_secret(key: bytes = TOKEN_KEY) -> Json:
    return {"kind": "Secret", "data": {"key": base64.b64encode(key).decode()}}


CASES: dict[str, tuple[tuple[Answer, ...], list[tuple[str, str]], int]] = {
    "it is there": ((a_secret(),), [READ], 0),
    "it is made": ((NOT_FOUND, a_secret()), [READ, MADE], 0),
    "another replica was first": ((NOT_FOUND, TAKEN, a_secret()), [READ, MADE, READ], 0),
    "not allowed yet": ((FORBIDDEN, a_secret()), [READ, READ], 1),
    "not allowed to make it yet": ((NOT_FOUND, FORBIDDEN, NOT_FOUND, a_secret()), [READ, MADE, READ, MADE], 1),
    "the API server is away": ((AWAY, NOT_FOUND, AWAY, a_secret()), [READ, READ, MADE, READ], 2),
    "somebody's, too short": ((a_secret(b"short"), a_secret()), [READ, READ], 1),
    "somebody's, with another content": (({"kind": "Secret"}, a_secret()), [READ, READ], 1),
}


@pytest.mark.parametrize(("answers", "wanted", "waits"), CASES.values(), ids=CASES)
async def test_the_key(
    answers: tuple[Answer, ...], wanted: list[tuple[str, str]], waits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0)
    client, lived = FakeClient(*answers), list[None]()
    assert await token_key(client, "lsml-system", lambda: lived.append(None)) == TOKEN_KEY
    assert [(asked.method, asked.path) for asked in client.requests] == wanted
    assert len(lived) == waits


async def test_what_is_made_is_random_and_for_ever() -> None:
    made = []
    for _ in range(2):
        client = FakeClient(NOT_FOUND, a_secret())
        await token_key(client, "lsml-system", lambda: None)
        body = client.requests[1].body
        assert body is not None
        assert (body["metadata"]["name"], body["type"], body["immutable"]) == (
            "lsml-token-key",
            "lsml.dev/token-key",
            True,
        )
        made.append(base64.b64decode(body["data"]["key"]))
    assert [len(key) for key in made] == [32, 32]
    assert made[0] != made[1]


async def test_why_it_waits_is_logged(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0)
    with caplog.at_level(logging.WARNING):
        await token_key(FakeClient(FORBIDDEN, a_secret(b"short"), a_secret()), "lsml-system", lambda: None)
    begins = "no job begins before the secret lsml-system/lsml-token-key can be read or made: "
    assert [record.message for record in caplog.records] == [
        f"{begins}403 Forbidden: no",
        f"{begins}its key has 5 bytes, 32 are wanted; delete it, and another is made",
    ]
