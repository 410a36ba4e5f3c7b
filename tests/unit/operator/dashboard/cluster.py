"""A cluster that knows a few tokens and what their owners may list, behind a dashboard over real HTTP."""

import json
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

import aiohttp
from aiohttp.test_utils import TestClient, TestServer

from lsml_operator.dashboard.access import Access
from lsml_operator.dashboard.app import Dashboard
from lsml_operator.dashboard.board import Board
from unit.operator.builders import Json
from unit.operator.fake_client import Answer, FakeClient, Request

Rights = Mapping[str, Collection[tuple[str, str | None]]]
"""Of each user: what may be listed, and where; in None: everywhere."""
JOBS, PODS, EVENTS = "trainingjobs", "pods", "events"
RIGHTS: Rights = {
    "ann": [(JOBS, None), (PODS, None), (EVENTS, None)],
    "bob": [(JOBS, "team")],
    "eve": [],
}
"""A user's token is the user's name with `-token` behind it."""


class Cluster(FakeClient):
    """Answers reviews by the table, and lists events."""

    def __init__(self, rights: Rights = RIGHTS, events: Collection[Json] = ()) -> None:
        super().__init__(otherwise=self._answer)
        self.rights = dict(rights)
        self.events = events
        self.trouble: Exception | None = None

    def _answer(self, request: Request) -> Answer:
        if self.trouble is not None:
            return self.trouble
        if request.path.endswith("/events"):
            return {"items": list(self.events)}
        spec = (request.body or {})["spec"]
        if "token" in spec:
            name = spec["token"].removesuffix("-token")
            known = name in self.rights and name != spec["token"]
            return {"status": {"authenticated": True, "user": {"username": name}} if known else {}}
        asked = spec["resourceAttributes"]
        assert asked["verb"] == "list"
        may = self.rights[spec["user"]]
        return {
            "status": {
                "allowed": {(asked["resource"], asked.get("namespace")), (asked["resource"], None)} & {*may} != set()
            }
        }

    def reviews(self) -> int:
        """How often the API server was asked who somebody is or what they may."""
        return sum(request.path.endswith("reviews") for request in self.requests)


@asynccontextmanager
async def served(board: Board, cluster: Cluster, clock: list[float] | None = None) -> AsyncIterator[TestClient]:  # type: ignore[type-arg]  # of which application is no matter
    """A browser's side of the dashboard."""
    now = clock if clock is not None else [0.0]
    app = Dashboard(cluster, board, Access(cluster, lambda: now[0]), lambda: None).app()
    async with TestClient(TestServer(app)) as client:
        yield client


def as_user(name: str) -> dict[str, str]:
    """The header with which a user, or a proxy for one, comes."""
    return {"Authorization": f"Bearer {name}-token"}


async def first_message(answer: aiohttp.ClientResponse) -> Json:
    """The data of the next server-sent event."""
    while True:
        line = (await answer.content.readline()).decode()
        if line.startswith("data: "):
            data: Json = json.loads(line.removeprefix("data: "))
            return data
