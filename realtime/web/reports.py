"""The report address: no login, the token in it is the secret of one job. Never redirected, fast, safe to repeat."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from quart import Blueprint, Response

from realtime.domain import report
from realtime.domain.address import PATH, job_of_token
from realtime.domain.errors import Malformed, NotFound, TooLarge
from realtime.protocol.api import ReportAnswer, SkippedItem
from realtime.protocol.wire import encode
from realtime.service.reports import Received, accept_reports, read_report
from realtime.web.context import House, house
from realtime.web.routing import json_response

reports = Blueprint("reports", __name__, url_prefix=PATH)

BODY_LIMIT = 1024 * 1024
"""Bytes that are read of a post; what exceeds a report's own limit is kept for its author."""
BODY_WITHIN = 60.0
"""Seconds until the body must have come."""
_ADDRESS = re.compile(re.escape(PATH) + "/[^/]+/([^/]+)/?")

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]


@reports.get("/<experiment>/<token>")
async def get_report(experiment: str, token: str) -> Response:
    """The stored JSON of the job."""
    here = house()
    job = _job(here, token)
    return json_response(encode(await here.store.read(lambda conn: read_report(conn, job))))


def posted_token(scope: Scope) -> str | None:
    """The token of a post to a report address, None for any other request."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    address = _ADDRESS.fullmatch(scope["path"])
    return address[1] if address else None


async def take_post(here: House, token: str, receive: Receive) -> bytes:
    """Merge a post into the job's report; JSON whatever the Content-Type says. The answer as JSON.

    An ASGI application's `receive`: of the many thousand posts a minute each would spend most of its time in what
    other requests need of Quart.
    """
    job = _job(here, token)
    parts: list[bytes] = []
    try:
        await _read(receive, parts)
        body = b"".join(parts)
        if len(body) > report.BODY_LIMIT:
            raise TooLarge(f"expected at most {report.BODY_LIMIT // 1024} KiB, not {len(body)} bytes")
        post = report.parse(body)
    except (Malformed, TooLarge) as refusal:
        await here.store.write_each(accept_reports, Received(job=job, body=_text(parts), refused=refusal.message))
        raise
    answer = await here.store.write_each(accept_reports, Received(job=job, body=_text(parts), post=post))
    items = [SkippedItem(key=skip.key, reason=skip.reason) for skip in answer.skipped]
    return encode(ReportAnswer(accepted=answer.accepted, skipped=items))


def _job(here: House, token: str) -> str:
    job = job_of_token(here.store.secret, token)
    if job is None:
        raise NotFound("there is no such report address")
    return job


def _text(parts: list[bytes]) -> str:
    return b"".join(parts).decode(errors="replace")


async def _read(receive: Receive, parts: list[bytes]) -> None:
    """Read the body into `parts`, where what came of it stands whatever is raised."""
    size = 0
    try:
        async with asyncio.timeout(BODY_WITHIN):
            more = True
            while more:
                part = await receive()
                if part["type"] != "http.request":
                    raise Malformed("expected the whole body: the client has gone")
                parts.append(part.get("body", b""))
                more = part.get("more_body", False)
                size += len(parts[-1])
                if size > BODY_LIMIT:
                    raise TooLarge(f"expected a body of at most {BODY_LIMIT // 1024} KiB")
    except TimeoutError as error:
        raise Malformed(f"expected the whole body within {BODY_WITHIN:.0f} s") from error
