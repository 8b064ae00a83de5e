"""The Quart application: its routes, one error shape, and the headers of every answer."""

import logging
import re
import secrets
from typing import Any

from quart import Quart, Response, has_request_context, has_websocket_context, request, websocket
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from realtime.domain.errors import BatchboardError
from realtime.protocol.errors import ErrorAnswer, Refusal
from realtime.protocol.wire import encode
from realtime.web import pages
from realtime.web.agents import agents
from realtime.web.apis import APIS
from realtime.web.context import House
from realtime.web.health import health
from realtime.web.live import live
from realtime.web.live_log import live_log
from realtime.web.login import RENEW, login, login_page
from realtime.web.reports import posted_token, reports, take_post
from realtime.web.routing import json_response
from realtime.web.static import folder, static
from realtime.web.stream import noted

logger = logging.getLogger(__name__)

BODY_LIMIT = 1024 * 1024
CSP = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
"""Without exceptions: `'self'` covers our websockets, too."""
JSON_ONLY = ("/api/", "/agent/", "/jid/", RENEW)
COME_BACK = range(2, 9)
"""Seconds, one of these at random: those who were refused together do not come back together."""


HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


class Application(Quart):
    """Quart, for clients that put their path behind a base that ends with a slash, and with a short way for posts."""

    async def asgi_app(self, scope: Any, receive: Any, send: Any) -> None:
        """Repeated slashes count as one; redirecting would turn a POST into a GET."""
        if "//" in scope.get("path", ""):
            scope = {**scope, "path": re.sub("/{2,}", "/", scope["path"])}
        if scope["type"] == "websocket":
            scope = noted(scope, send)
        if token := posted_token(scope):
            await self._answer_post(token, receive, send)
        else:
            await super().asgi_app(scope, receive, send)

    async def _answer_post(self, token: str, receive: Any, send: Any) -> None:
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store", **HEADERS}
        try:
            status, body = 200, await take_post(self.config["HOUSE"], token, receive)
        except Exception as error:
            refused = await (_refused(error) if isinstance(error, BatchboardError) else _broken(error))
            status, body = refused.status_code, await refused.get_data(as_text=False)
            headers |= dict(refused.headers)
        headers["Content-Length"] = str(len(body))
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body})


def application(house: House) -> Quart:
    """The application over the rooms behind it."""
    app = Application("realtime", template_folder=str(folder("templates")), static_folder=None)
    app.config["HOUSE"] = house
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    for blueprint in (
        health,
        static,
        reports,
        agents,
        live,
        live_log,
        *(api.blueprint for api in APIS),
        login,
        pages.pages,
    ):
        app.register_blueprint(blueprint)
    app.register_error_handler(BatchboardError, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _broken)
    app.after_request(_with_headers)
    return app


async def _refused(error: BatchboardError) -> Response:
    if _wants_page():
        if error.status == 401:
            return await login_page()
        return await pages.error_page(error.status, _title(error.status), error.message)
    return _error(error.status, Refusal(code=error.code, message=error.message, field=error.field))


async def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if isinstance(error, RequestEntityTooLarge):
        message = f"expected a body of at most {BODY_LIMIT // 1024} KiB"
        return _error(413, Refusal(code="too_large", message=message))
    if _wants_page():
        return await pages.error_page(status, _title(status), error.description or "")
    code = {404: "not_found", 405: "method_not_allowed"}.get(status, "refused")
    message = "there is nothing at this address" if status == 404 else (error.description or "refused")
    return _error(status, Refusal(code=code, message=message))


async def _broken(error: Exception) -> Response:
    logger.error("%s failed", _asked(), exc_info=error)
    message = "the server made a mistake; it is in its log"
    if _wants_page():
        return await pages.error_page(500, _title(500), message)
    return _error(500, Refusal(code="internal", message=message))


def _error(status: int, refusal: Refusal) -> Response:
    return _with_retry(json_response(encode(ErrorAnswer(error=refusal)), status))


def _title(status: int) -> str:
    return {403: "Not allowed", 404: "Not found", 503: "Not now"}.get(status, "That did not work")


def _asked() -> str:
    """What was asked for, without what may be secret in it."""
    if has_websocket_context():
        return f"websocket {websocket.path}"
    if not has_request_context():
        return "POST /jid/..."
    return f"{request.method} {'/jid/...' if request.path.startswith('/jid/') else request.path}"


def _wants_page() -> bool:
    if not has_request_context():
        return False
    return not request.path.startswith(JSON_ONLY) or request.path.endswith("/docs")


def _with_retry(response: Response) -> Response:
    if response.status_code in (429, 503):
        response.headers.setdefault("Retry-After", str(secrets.choice(COME_BACK)))
    return response


async def _with_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if response.mimetype == "text/html":
        response.headers.setdefault("Cache-Control", "no-store")
    return _with_retry(response)
