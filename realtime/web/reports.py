"""The report address: no login, the token in it is the secret of one job. Never redirected, fast, safe to repeat."""

from quart import Blueprint, Response, request

from realtime.domain import report
from realtime.domain.address import PATH, job_of_token
from realtime.domain.errors import Malformed, NotFound, TooLarge
from realtime.protocol.api import ReportAnswer, SkippedItem
from realtime.protocol.wire import encode
from realtime.service.reports import accept_report, read_report, refuse_report
from realtime.web.context import house
from realtime.web.routing import json_response

reports = Blueprint("reports", __name__, url_prefix=PATH)


@reports.post("/<experiment>/<token>")
async def post_report(experiment: str, token: str) -> Response:
    """Merge a post into the job's report; JSON whatever the Content-Type says."""
    job = _job(token)
    body = await request.get_data(cache=False)
    assert isinstance(body, bytes)
    text = body.decode(errors="replace")
    store = house().store
    try:
        if len(body) > report.BODY_LIMIT:
            raise TooLarge(f"expected at most {report.BODY_LIMIT // 1024} KiB, not {len(body)} bytes")
        post = report.parse(body)
    except (Malformed, TooLarge) as refusal:
        reason = refusal.message
        await store.write(lambda tx: refuse_report(tx, job, text, reason))
        raise
    accepted, skipped = await store.write(lambda tx: accept_report(tx, job, post, text))
    items = [SkippedItem(key=skip.key, reason=skip.reason) for skip in skipped]
    return json_response(encode(ReportAnswer(accepted=accepted, skipped=items)))


@reports.get("/<experiment>/<token>")
async def get_report(experiment: str, token: str) -> Response:
    """The stored JSON of the job."""
    job = _job(token)
    return json_response(encode(await house().store.read(lambda conn: read_report(conn, job))))


def _job(token: str) -> str:
    job = job_of_token(house().store.secret, token)
    if job is None:
        raise NotFound("there is no such report address")
    return job
