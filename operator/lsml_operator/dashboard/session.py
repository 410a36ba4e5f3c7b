"""Whose request it is: a bearer token in a header, or in a cookie that scripts cannot read. Nothing is stored here."""

import re

from aiohttp import web

from lsml_operator.dashboard.access import Access, User

COOKIE = "__Host-lsml-token"
MOST_TOKEN_BYTES = 3800
"""What browsers keep in a cookie is 4 KiB."""
TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")


def token_of(request: web.Request) -> str:
    """The token that came with a request; the header, which a proxy may set, wins. Empty: none did."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else request.cookies.get(COOKIE, "")


async def require_user(request: web.Request, access: Access) -> User:
    """Whose request it is; raises 401."""
    token = token_of(request)
    user = await access.user_of(token) if TOKEN.fullmatch(token) else None
    if user is None:
        said = "this token is not, or not any more, one of the cluster's" if token else "no token was sent"
        raise web.HTTPUnauthorized(text=said, headers={"WWW-Authenticate": "Bearer"})
    return user


async def name_of_user(request: web.Request, access: Access) -> str | None:
    """Who asks; None is no mistake, but somebody who has not signed in yet."""
    try:
        return (await require_user(request, access)).name
    except web.HTTPUnauthorized:
        return None


async def sign_in(request: web.Request, access: Access) -> web.Response:
    """Take a token from the form; it goes back as a cookie that lasts as long as the browser runs."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise web.HTTPForbidden(text="another site's form may not sign anybody in")
    token = str((await request.post()).get("token", "")).strip()
    if not TOKEN.fullmatch(token):
        raise web.HTTPBadRequest(text="a token is letters, digits and ._~+/=- alone")
    if len(token) > MOST_TOKEN_BYTES:
        raise web.HTTPBadRequest(text="this token is longer than what a browser keeps: send it as a header, by a proxy")
    user = await access.user_of(token)
    if user is None:
        raise web.HTTPUnauthorized(text="the cluster does not know this token, or it has expired")
    response = web.json_response({"user": user.name})
    response.set_cookie(COOKIE, token, path="/", secure=True, httponly=True, samesite="Strict")
    return response


def sign_out() -> web.Response:
    """Forget the token."""
    response = web.Response(status=204)
    response.del_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Strict")
    return response
