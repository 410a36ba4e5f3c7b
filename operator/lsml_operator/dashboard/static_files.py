"""The page's own files: HTML, CSS and modules, read once; nothing is built and nothing comes from elsewhere.

All but the page itself are below an address that tells what they hold, so that a browser asks for them once.
"""

import hashlib
from collections.abc import Iterable
from importlib.resources import files
from pathlib import PurePath

from aiohttp import web

TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
PAGE = "index.html"
FOR_EVER, ASK_AGAIN = "public, max-age=31536000, immutable", "no-cache"


def routes() -> list[web.RouteDef]:
    """The page at /, the rest by their names below /static/VERSION/."""
    found = {path.name: path.read_bytes() for path in files(__package__).joinpath("static").iterdir()}
    version = _digest(b"".join(found[name] for name in sorted(found)))
    page = _with_modules(found.pop(PAGE), found).replace(b"/static/", f"/static/{version}/".encode())

    async def serve_page(request: web.Request) -> web.Response:
        if any(tag.value == _digest(page) for tag in request.if_none_match or ()):
            response = web.Response(status=304)
        else:
            response = _file(PAGE, page)
        response.etag = _digest(page)
        response.headers["Cache-Control"] = ASK_AGAIN
        return response

    async def serve(request: web.Request) -> web.Response:
        """What a page of another version asks for, while it is replaced, is not kept."""
        name = request.match_info["name"]
        if name not in found:
            raise web.HTTPNotFound
        response = _file(name, found[name])
        response.headers["Cache-Control"] = FOR_EVER if request.match_info["version"] == version else ASK_AGAIN
        return response

    return [web.get("/", serve_page), web.get("/static/{version}/{name}", serve)]


def _with_modules(page: bytes, names: Iterable[str]) -> bytes:
    """A browser fetches all modules at once, and not each when another one has named it."""
    modules = [
        f'  <link rel="modulepreload" href="/static/{name}">\n' for name in sorted(names) if name.endswith(".js")
    ]
    return page.replace(b"</head>", f"{''.join(modules)}</head>".encode())


def _file(name: str, data: bytes) -> web.Response:
    return web.Response(body=data, content_type=TYPES[PurePath(name).suffix], charset="utf-8")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
