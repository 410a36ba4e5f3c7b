"""The routes of the dashboard. All of them only read; but for the page's files each asks who is there."""

from collections.abc import Callable
from datetime import UTC, datetime

from aiohttp import web
from aiohttp.typedefs import Handler

from lsml_operator.client import ApiError, Client, Unreachable
from lsml_operator.dashboard import static_files
from lsml_operator.dashboard.access import EVENTS, JOBS, PODS, Access, User
from lsml_operator.dashboard.board import Board
from lsml_operator.dashboard.detail import detail_of
from lsml_operator.dashboard.events import events_of
from lsml_operator.dashboard.security import add_headers
from lsml_operator.dashboard.session import name_of_user, require_user, sign_in, sign_out
from lsml_operator.dashboard.streams import Message, RowsSent, stream

MOST_REQUEST_BYTES = 16 * 1024


class Dashboard:
    """What answers."""

    def __init__(self, client: Client, board: Board, access: Access, ill: Callable[[], str | None]) -> None:
        self._client = client
        self._board = board
        self._access = access
        self._ill = ill

    def app(self) -> web.Application:
        """The application, to be served."""
        app = web.Application(middlewares=[_sentences], client_max_size=MOST_REQUEST_BYTES)
        app.on_response_prepare.append(add_headers)
        app.add_routes(static_files.routes())
        app.add_routes(
            [
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
                web.get("/api/session", self._who),
                web.post("/api/session", self._enter),
                web.delete("/api/session", self._leave),
                web.get("/api/jobs", self._jobs),
                web.get("/api/jobs/{namespace}/{name}", self._job),
            ]
        )
        return app

    async def _healthz(self, _: web.Request) -> web.Response:
        wrong = self._ill()
        return web.Response(text=wrong or "ok\n", status=500 if wrong else 200)

    async def _readyz(self, _: web.Request) -> web.Response:
        if self._board.synced:
            return web.Response(text="ok\n")
        return web.Response(text="jobs are not listed yet\n", status=503)

    async def _who(self, request: web.Request) -> web.Response:
        return web.json_response({"user": await name_of_user(request, self._access)})

    async def _enter(self, request: web.Request) -> web.Response:
        return await sign_in(request, self._access)

    async def _leave(self, _: web.Request) -> web.Response:
        return sign_out()

    async def _jobs(self, request: web.Request) -> web.StreamResponse:
        """All jobs that the reader may list, as server-sent events."""
        sent = RowsSent()

        async def look() -> Message | None:
            user = await require_user(request, self._access)
            return sent.news(self._board, await self._access.namespaces(user, self._board.namespaces()))

        return await stream(request, self._board, look)

    async def _job(self, request: web.Request) -> web.StreamResponse:
        """One job, as server-sent events."""
        named = (request.match_info["namespace"], request.match_info["name"])
        sent = -1

        async def look() -> Message | None:
            nonlocal sent
            user = await require_user(request, self._access)
            if not await self._access.may_list(user, JOBS, named[0]):
                raise web.HTTPForbidden(text=f"{user.name} may not list TrainingJobs in namespace {named[0]}")
            version = self._board.version(named)
            if version == sent:
                return None
            sent = version
            return "job", await self._detail(user, *named)

        return await stream(request, self._board, look)

    async def _detail(self, user: User, namespace: str, name: str) -> dict[str, object] | None:
        """None once there is no such job."""
        found = self._board.job((namespace, name))
        if found is None:
            return None
        job, history = found
        pods = self._board.pods((namespace, name)) if await self._access.may_list(user, PODS, namespace) else []
        may_see_events = await self._access.may_list(user, EVENTS, namespace)
        events = await events_of(self._client, job, pods) if may_see_events else []
        return detail_of(job, pods, events, history, datetime.now(UTC))


@web.middleware
async def _sentences(request: web.Request, handler: Handler) -> web.StreamResponse:
    """An API server that does not answer is said, not a traceback."""
    try:
        return await handler(request)
    except Unreachable as error:
        raise web.HTTPServiceUnavailable(text=f"the API server cannot be reached: {error}") from error
    except ApiError as error:
        raise web.HTTPBadGateway(text=f"the API server refused the dashboard: {error.message}") from error
