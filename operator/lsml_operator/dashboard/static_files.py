"""The page's own files: HTML, CSS and modules, read once; nothing is built and nothing comes from elsewhere."""

import hashlib
from collections.abc import Iterable
from importlib.resources import files
from pathlib import PurePath

from aiohttp import web

TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def routes() -> list[web.RouteDef]:
    """The page at /, the rest by their names below /static/."""
    found = {path.name: path.read_bytes() for path in files(__package__).joinpath("static").iterdir()}
    served = [_route(f"/static/{name}", name, data) for name, data in found.items() if name != "index.html"]
    return [_route("/", "index.html", _with_modules(found["index.html"], found)), *served]


def _with_modules(page: bytes, names: Iterable[str]) -> bytes:
    """A browser fetches all modules at once, and not each when another one has named it."""
    modules = [
        f'  <link rel="modulepreload" href="/static/{name}">\n' for name in sorted(names) if name.endswith(".js")
    ]
    return page.replace(b"</head>", f"{''.join(modules)}</head>".encode())


def _route(path: str, name: str, data: bytes) -> web.RouteDef:
    etag = hashlib.sha256(data).hexdigest()[:16]

    async def serve(request: web.Request) -> web.Response:
        if any(tag.value == etag for tag in request.if_none_match or ()):
            response = web.Response(status=304)
        else:
            response = web.Response(body=data, content_type=TYPES[PurePath(name).suffix], charset="utf-8")
        response.etag = etag
        response.headers["Cache-Control"] = "no-cache"
        return response

    return web.get(path, serve)
