"""Logging in: a browser's session begins with the token, ends by itself, and may be renewed before."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from quart import Blueprint, Response, redirect, render_template, request

from realtime.domain.errors import Forbidden, Unauthorized
from realtime.protocol.wire import Shape, UtcTime, encode
from realtime.web.auth import check_login, check_place, cookie_name, same, session_cookie
from realtime.web.context import house
from realtime.web.routing import json_response

RENEW = "/login/renew"

login = Blueprint("login", __name__)


class Renewed(Shape, frozen=True, kw_only=True):
    """The session goes on."""

    ends_at: UtcTime


@login.post("/login")
async def log_in_by_form() -> Any:
    """The form of the login page."""
    form = await request.form
    return log_in(form.get("token", ""))


def log_in(token: str) -> Any:
    """Begin a session and go to the list of experiments; raises Unauthorized."""
    here = house()
    check_place(request, here)
    if not same(token.strip(), here.token):
        raise Unauthorized("the token is wrong")
    rest = [(name, value) for name, value in request.args.items(multi=True) if name != "token"]
    answer = redirect("/" + ("?" + urlencode(rest) if rest else ""), 303)
    _begin(answer)
    return answer


@login.post(RENEW)
async def renew() -> Response:
    """A session that has not ended lasts its full length from now on, and so do its websockets in this process; those
    in others are closed at its former end and may come back at once."""
    check_place(request, house())
    if "Origin" not in request.headers:
        raise Forbidden("only a page of ours renews a session", code="wrong_origin")
    ended = check_login(request, house())
    if ended is None:
        raise Unauthorized("expected the cookie of a session; the token needs no renewal")
    answer = json_response(b"")
    ends_at = _begin(answer)
    house().sockets.renewed(ended, ends_at)
    answer.set_data(encode(Renewed(ends_at=ends_at)))
    return answer


def _begin(answer: Any) -> datetime:
    """Have the browser carry a session that begins now; its end."""
    here = house()
    ends_at = datetime.now(UTC) + here.session_length
    ends_at = ends_at.replace(microsecond=ends_at.microsecond // 1000 * 1000)  # as exact as the cookie
    answer.set_cookie(
        cookie_name(here),
        session_cookie(here.token, ends_at),
        max_age=int(here.session_length.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=here.settings.public_url.startswith("https:"),
        path="/",
    )
    return ends_at


async def login_page() -> Response:
    """How to log in; says so when the token that came with the request is wrong."""
    tried = "token" in request.args or request.method == "POST"
    message = "This token is not the right one." if tried else ""
    text = await render_template("login.html", title="Log in", static=house().static_url, message=message)
    return Response(text, status=401, content_type="text/html; charset=utf-8")
