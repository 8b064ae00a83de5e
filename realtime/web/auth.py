"""Who asks: the login token (a cookie for browsers, Bearer for programs), the agent's token, and where from."""

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import urlsplit

from quart import Request, Websocket

from realtime.domain.errors import Forbidden, Unauthorized
from realtime.web.context import House

COOKIE = "batchboard"
_SECOND = 1000
"""The cookie's times are in milliseconds since 1970."""


def session_cookie(token: str, ends_at: datetime) -> str:
    """What a logged-in browser carries: when its session ends, signed; useless without the token, and not the token."""
    return _signed(token, str(round(ends_at.timestamp() * _SECOND)))


def _signed(token: str, end: str) -> str:
    return f"{end}.{hmac.new(token.encode(), b'batchboard session ' + end.encode(), hashlib.sha256).hexdigest()}"


def session_end(token: str, cookie: str) -> datetime | None:
    """When the session of a cookie ends; None unless it is one of ours."""
    end = cookie.partition(".")[0]
    if not (end.isascii() and end.isdecimal() and same(cookie, _signed(token, end))):
        return None
    return datetime.fromtimestamp(int(end) / _SECOND, UTC)


def check_login(request: Request | Websocket, house: House) -> datetime | None:
    """When the session ends that the request's cookie belongs to; None when it carries the token as Bearer.

    Raises Unauthorized without either, and when the session has ended.
    """
    bearer = _bearer(request)
    if bearer is not None:
        if not same(bearer, house.token):
            raise Unauthorized("the token is wrong")
        return None
    ends_at = session_end(house.token, request.cookies.get(cookie_name(house), ""))
    if ends_at is None:
        raise Unauthorized("log in: send Authorization: Bearer TOKEN, or open the address that batchboard printed")
    if ends_at <= datetime.now(UTC):
        raise Unauthorized("this session has ended: log in again", code="session_ended")
    return ends_at


def check_agent(request: Request, house: House) -> None:
    """Raises Unauthorized unless the request carries the agent's token."""
    if not same(_bearer(request) or "", house.agent_token):
        raise Unauthorized("the agent's token is wrong or missing")


def check_place(request: Request | Websocket, house: House) -> None:
    """Raises Forbidden when Host or Origin is not ours: pages of others cannot act in our users' name."""
    host = request.headers.get("Host", "")
    known = {urlsplit(house.settings.public_url).netloc, *map(_netloc, house.settings.allowed_origins)}
    if not (host in known or _local(host)):
        raise Forbidden(f"this host is not served here: {host[:100]!r}", code="wrong_host")
    origin = request.headers.get("Origin")
    if origin is None:
        return
    if origin not in house.settings.allowed_origins and _netloc(origin) not in {host, *known}:
        raise Forbidden(f"requests from {origin[:100]!r} are not allowed", code="wrong_origin")


def cookie_name(house: House) -> str:
    """Cookies are shared by all ports of a host: each installation has its own."""
    return f"{COOKIE}-{house.settings.instance}-{house.settings.port}"


def same(given: str, wanted: str) -> bool:
    """Compare secrets in constant time."""
    return hmac.compare_digest(given.encode(errors="replace"), wanted.encode())


def _bearer(request: Request | Websocket) -> str | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _netloc(origin: str) -> str:
    return urlsplit(origin).netloc


def _local(host: str) -> bool:
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return name in ("localhost", "127.0.0.1", "[::1]")
