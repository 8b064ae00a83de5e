"""A job's log as it grows: what came before first, then every piece, until the job has ended and all is read."""

import asyncio

from quart import Blueprint, websocket

from realtime.domain.errors import Invalid, NotFound, Unavailable
from realtime.protocol.live import LogEnd, LogReset, LogText
from realtime.protocol.wire import encode
from realtime.web import session
from realtime.web.api_job import LOG_LIMIT, chosen_lsf_job, read_log, read_stored

live_log = Blueprint("live_log", __name__, url_prefix="/api/v1")

LOOK_EVERY = 1.0
"""Seconds between two looks at a log that does not grow, or an agent that does not answer."""


@live_log.websocket("/jobs/<id>/log/live")
async def job_log_live(id: str) -> None:
    """The log from `offset`; without one, from at most the last 256 KiB. `lsf_id`: as for the log by HTTP."""
    session.admit()
    asked = websocket.args.get("offset")
    if asked is not None and (not asked.isdecimal() or len(asked) > 15):
        raise Invalid("expected an offset from 0", field="offset")
    lsf_id = websocket.args.get("lsf_id")
    chosen_lsf_job(await read_stored(id), lsf_id)
    await session.run(_follow(id, lsf_id, None if asked is None else int(asked)))


async def _follow(job_id: str, lsf_id: str | None, offset: int | None) -> int:
    source = "none"
    while True:
        try:
            stored = await read_stored(job_id)
            piece = await read_log(stored, offset, LOG_LIMIT, chosen_lsf_job(stored, lsf_id))
        except NotFound:
            return session.DONE
        except Unavailable:
            await asyncio.sleep(LOOK_EVERY)
            continue
        if piece.source != source and "none" not in (piece.source, source):
            # Positions in what bpeek printed mean nothing in LSF's file.
            await session.send(encode(LogReset(source=piece.source)))
            source, offset = piece.source, None
            continue
        if piece.text:
            await session.send(encode(LogText(offset=piece.offset, text=piece.text, source=piece.source)))
        if piece.source != "none":
            source, offset = piece.source, piece.next
        if piece.complete:
            await session.send(encode(LogEnd(status=stored.status.value, source=piece.source)))
            return session.DONE
        if not piece.text:
            await asyncio.sleep(LOOK_EVERY)
