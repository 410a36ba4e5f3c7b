"""A Client that answers from a script, and remembers what it was asked."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, NamedTuple

from lsml_operator.client import Client
from unit.operator.builders import Json

Answer = Json | Exception
"""What the API server says; an exception is raised."""


class Request(NamedTuple):
    method: str
    path: str
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] | None = None


class FakeClient(Client):
    """Answers each request, and each watch, with the next of its answers; `otherwise` when they are used up."""

    def __init__(
        self,
        *answers: Answer,
        watches: tuple[list[Answer], ...] = (),
        otherwise: Callable[[Request], Answer] | None = None,
    ) -> None:
        self.answers, self.watches, self.otherwise = list(answers), list(watches), otherwise
        self.requests: list[Request] = []
        self.watched: list[Request] = []

    async def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
        query: Mapping[str, str] | None = None,
        time_limit_seconds: float = 20.0,
        accept: str = "application/json",
    ) -> Json:
        request = Request(method, path, body, query)
        self.requests.append(request)
        if self.answers:
            answer = self.answers.pop(0)
        else:
            assert self.otherwise is not None, f"{request} has no answer"
            answer = self.otherwise(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def watch(self, path: str, query: Mapping[str, str]) -> AsyncIterator[Json]:
        self.watched.append(Request("WATCH", path, None, query))
        if not self.watches:
            raise Done
        for event in self.watches.pop(0):
            if isinstance(event, Exception):
                raise event
            yield event


class Done(Exception):
    """The script is over: ends a loop that never returns."""
